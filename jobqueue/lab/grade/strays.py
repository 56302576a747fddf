"""Processes that a notebook started: counted while it runs, and ended with it, however they hide.

On Linux an orphan whose parent is gone becomes ours, because this process adopts orphans. So all that a notebook starts
stays below us, also in a session of its own. Elsewhere those get away that end their parent first.
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator

import psutil

PR_SET_CHILD_SUBREAPER = 36

#: How often we look again for processes that were started while we ended the others.
ROUNDS = 50


def adopt_orphans() -> None:
    """From now on, a process below us whose parent ends becomes our child."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def descendants() -> list[psutil.Process]:
    """All processes below this one."""
    with contextlib.suppress(psutil.NoSuchProcess):  # one may end meanwhile
        return psutil.Process().children(recursive=True)
    return []


def memory(processes: list[psutil.Process]) -> int:
    """The bytes of memory that they hold."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


@contextlib.contextmanager
def held_still(group: int) -> Iterator[None]:
    """Stop the processes of a group for as long as we count them, or those that fork grow faster than the count."""
    signal_group(group, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_group(group, signal.SIGCONT)


def signal_group(group: int, number: int) -> None:
    """Send a signal to a whole group, in one step: a process that forks all the time can't get ahead of that."""
    with contextlib.suppress(OSError):  # it has ended
        os.killpg(group, number)


def end_descendants() -> None:
    """Kill all processes below this one, until there are none."""
    for _ in range(ROUNDS):
        left = descendants()
        if not left:
            return
        for process in left:
            _kill(process)
        psutil.wait_procs(left, timeout=1)


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(OSError, psutil.Error):
        group = os.getpgid(process.pid)
        if group != os.getpgrp():
            signal_group(group, signal.SIGKILL)
        process.kill()
