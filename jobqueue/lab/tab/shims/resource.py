"""Limits of a process. A browser tab has none of its own: the browser limits it."""

from types import SimpleNamespace

RLIM_INFINITY = -1
RUSAGE_SELF = RLIMIT_AS = RLIMIT_CORE = RLIMIT_CPU = RLIMIT_NOFILE = 0


def getrlimit(limit: int) -> tuple[int, int]:
    return RLIM_INFINITY, RLIM_INFINITY


def setrlimit(limit: int, limits: tuple[int, int]) -> None:
    """Do nothing."""


def getrusage(target: int) -> SimpleNamespace:
    return SimpleNamespace(ru_maxrss=0)
