"""The folder with a learner's own files, my_queue.py and votes.json: that of the notebook they work in."""

import functools
import os
import tempfile
from pathlib import Path

from jobqueue.sandbox import PREFIX
from jobqueue.server.claim import Claim


def own_folder() -> Path:
    """Return the folder. With JOBQUEUE_VOTES=off, as under test, it's a temporary one for this process alone."""
    return _temporary() if os.environ.get("JOBQUEUE_VOTES") == "off" else Path.cwd()


@functools.cache
def _temporary() -> Path:
    # A kernel that's killed can't remove it. The claim lets the next sandbox sweep it.
    folder = tempfile.TemporaryDirectory(prefix=f"{PREFIX}own-", ignore_cleanup_errors=True)
    _held.append((folder, Claim(Path(folder.name))))
    return Path(folder.name)


_held: list[tuple[tempfile.TemporaryDirectory[str], Claim]] = []
