"""Claim a folder for as long as this process lives, and sweep the folders whose owner is gone.

The owner locks a file in the folder. The kernel releases the lock when the owner ends, however it ends. A file with the
owner's pid isn't enough: two containers may share the folder for temporary files, but each counts its own pids. So one
could think that the other's living owner is dead.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO

#: The file in the folder. A folder without it is left alone: it's just being made, or it isn't ours.
LOCK = "owner.lock"

# A fork of this process (multiprocessing makes some) inherits the lock. It would keep it when this process is gone.
_files: weakref.WeakSet[IO[bytes]] = weakref.WeakSet()
os.register_at_fork(after_in_child=lambda: [file.close() for file in _files])


class Claim:
    """A claim on `folder`, until `release` or until this process is gone; see `sweep_folders`.

    Some network filesystems have no locks. There the folder is never swept. That's better than sweeping it too early.
    """

    def __init__(self, folder: Path):
        making = folder / f"{LOCK}.new"
        self._file = making.open("wb")
        _files.add(self._file)
        with contextlib.suppress(OSError):
            _lock(self._file)
            making.rename(folder / LOCK)  # so it's locked from its first moment on

    def release(self) -> None:
        """Give up the claim. In a fork, the owner keeps its own."""
        self._file.close()


def sweep_folders(prefix: str, end: Callable[[Path], None]) -> None:
    """Call `end` for each temporary folder whose name begins with `prefix` and whose owner is gone; then remove it."""
    for folder in Path(tempfile.gettempdir()).glob(prefix + "*"):
        with contextlib.suppress(OSError), (folder / LOCK).open("rb+") as file:  # another user's, or not claimed
            _lock(file)  # raises where the owner lives, where another process sweeps, and where there are no locks
            with contextlib.suppress(OSError, ValueError):
                end(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _lock(file: IO[bytes]) -> None:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
