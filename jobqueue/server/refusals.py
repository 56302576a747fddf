"""Tell from the server's error whether a command ran. Either it didn't, or we can't know.

unknown           The connection was cut, or no reply came. The command may have run. Repeat it only if that's harmless,
                  as a settle is, or an enqueue with the same job_id.
nothing happened  Refused before it began, for a while: repeat the same command later.
                  Refused for good (every other error): repeating it changes nothing.
"""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,
    MaxConnectionsError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)

from jobqueue.printable import log

T = TypeVar("T")

UNKNOWN = (ConnectionError, TimeoutError)

#: Nothing happened, for a while. The server is loading its data, isn't a master now, has no room, or lacks the script.
#: redis-py makes the first two ConnectionErrors, but here the server, or the pool of connections, did answer.
NOT_YET = (
    BusyLoadingError,
    MaxConnectionsError,
    ReadOnlyError,
    ClusterDownError,
    TryAgainError,
    OutOfMemoryError,
    NoScriptError,
)

#: The same, by the first word, for errors that redis-py has no class for. A replica or the disk is missing, a script is
#: running, or the stream or its group was deleted during a blocked read.
NOT_YET_WORDS = ("NOREPLICAS", "MISCONF", "BUSY ", "UNBLOCKED")


def nothing_happened(error: Exception) -> bool:
    """Whether the command certainly didn't run."""
    return isinstance(error, NOT_YET) or not isinstance(error, UNKNOWN)


def is_away(error: Exception) -> bool:
    """Whether the server is away, or refuses for a while. If so, it's worth trying again."""
    return isinstance(error, UNKNOWN + NOT_YET) or str(error).startswith(NOT_YET_WORDS)


def is_for_good(error: Exception) -> bool:
    """Whether the server refused, and will refuse again. (redis-py calls a wrong password a ConnectionError.)"""
    refused_login = isinstance(error.__cause__ or error, AuthenticationError)
    return refused_login or (isinstance(error, RedisError) and not is_away(error))


async def unless_refused(asking: Awaitable[T], report: Callable[[ResponseError], None] | None = None) -> T | None:
    """Await `asking`. If the server refuses it for good, `report` the error and return None: others have their turn."""
    try:
        return await asking
    except ResponseError as error:
        if is_away(error):
            raise
        if report:
            report(error)
        return None


class Refusals:
    """Logs what the server refuses for good, each refusal once, because it comes back until it's repaired."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    async def tolerate(self, words: str, asking: Awaitable[T]) -> T | None:
        """Await `asking`. If the server refuses it for good, log that in these words, and return None."""
        return await unless_refused(asking, lambda error: self.log(words, error))

    def log(self, words: str, error: RedisError) -> None:
        line = f"{words}: {error}"
        # A missing group isn't worth a line: a fetching worker creates it again.
        if line not in self._logged and not str(error).startswith("NOGROUP"):
            self._logged.add(line)
            log.error("%s", line)


class Absence:
    """Logs once that Redis is away, and once that it's back."""

    _since: float | None = None

    def note(self, error: RedisError) -> float:
        """Returns seconds since the first error of this absence."""
        if self._since is None:
            self._since = time.monotonic()
            log.warning("Redis is away, or refuses (%s); trying again until it is back", error)
        return time.monotonic() - self._since

    def end(self) -> None:
        if self._since is not None:
            log.warning("Redis is back after %.1f s", time.monotonic() - self._since)
            self._since = None
