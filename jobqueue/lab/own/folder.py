"""The folder with a learner's my_queue.py: that of the notebook they work in, as for votes.json."""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from jobqueue.sandbox import PREFIX
from jobqueue.server.claim import Claim

_claims: list[Claim] = []


def own_folder() -> Path:
    """Return the folder. With JOBQUEUE_VOTES=off, as under test, it's a temporary one for this process alone."""
    return _temporary() if os.environ.get("JOBQUEUE_VOTES") == "off" else Path.cwd()


@functools.cache
def _temporary() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}own-"))
    _claims.append(Claim(folder))  # a kernel that's killed can't remove it, so the next sandbox sweeps it
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
