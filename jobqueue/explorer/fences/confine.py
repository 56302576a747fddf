"""Limits for the process that answers a request: it ends with its parent, and takes no more than its share."""

import contextlib
import ctypes
import os
import resource
import signal
import sys

#: MB of memory that a search and its programs may take beyond what the process needs by itself.
MEMORY_MB = 400

#: The same where the system itself refuses memory. It's far more, so that usually the watchdog stops a program, which
#: leaves room for words. A program that asks for all at once, such as `[0] * 10**10`, is refused here.
REFUSED_MB = 2 * MEMORY_MB

#: MB of memory that the explorer's server may take, because a script may fill a table that no `maxmemory` counts.
SERVER_MB = 1_000

PR_SET_PDEATHSIG = 1


def confine() -> None:
    """Set all limits that the system grants. macOS refuses some."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)[1])  # crashed programs close nothing
    if sys.platform == "linux":
        _limit(resource.RLIMIT_AS, _address_space() + REFUSED_MB * 2**20)
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def confine_server(pid: int) -> None:
    """Limit the memory of the server that runs in the process `pid`, where the system can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_AS, (SERVER_MB * 2**20, resource.RLIM_INFINITY))


def is_swollen(pid: int) -> bool:
    """Whether that server is near its limit: it goes on after a script that reached it, but not for long."""
    return sys.platform == "linux" and _address_space(pid) > SERVER_MB * 2**20 * 2 // 3


def lift_memory_limit() -> None:
    """Lift the limit, to leave room for a message that it was reached."""
    _limit(resource.RLIMIT_AS, resource.getrlimit(resource.RLIMIT_AS)[1])


def peak_memory() -> float:
    """The most MB that this process has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def limit_processor(seconds: float) -> None:
    """End this process by SIGXCPU after `seconds` of processor time, even inside C code that Python can't interrupt."""
    _limit(resource.RLIMIT_CPU, int(seconds) + 1)


def _limit(kind: int, soft: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        hard = resource.getrlimit(kind)[1]
        allowed = soft if hard == resource.RLIM_INFINITY or soft == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(kind, (allowed, hard))


def _address_space(pid: int | str = "self") -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
