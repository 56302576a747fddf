"""Every error a caller may meet.

JobQueueError
├── BadJob             a job that cannot be accepted: says which field, and what to do (also a ValueError)
│   └── PayloadTooLarge
├── BadSetting         a setting out of range or contradictory (also a ValueError)
├── QueueFullError     no room: nothing was written; slow down, or try later
│   └── ServerFull     not in a tier, but in the server's memory
├── RateLimited        a producers' limiter says: not now
├── JobFailed          the job whose result was waited for is dead or cancelled
├── RetryLater         raised by a handler: end this attempt, and try again after so many seconds
├── Reject             raised by a handler: no attempt will help, to the dead letters
├── ServerNotFound     no Redis or Valkey server could be found to embed
├── ServerTooOld       the server is older than 7.0
└── ServerFailed       the embedded server did not start, or is not ours to kill
"""

from linecache import getline
from traceback import walk_tb


class JobQueueError(Exception):
    """The root: catch this to catch everything the kit raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in a notebook: what to do, below the line that led to it, and no line of the kit's."""
        shown = []
        for frame, number in walk_tb(self.__traceback__):
            if frame.f_globals.get("__name__") == "__main__":
                shown.append(f"line {number}: {getline(frame.f_code.co_filename, number).strip()}")
        return [*shown, f"{type(self).__name__}: {self}"]


class BadJob(JobQueueError, ValueError):
    """Raised by `enqueue` before anything is written, for a job no worker could read back."""


class PayloadTooLarge(BadJob):
    """Raised by `enqueue` when the encoded job exceeds the queue's `max_bytes`: every hop would copy it."""


class BadSetting(JobQueueError, ValueError):
    """Raised for a setting that is out of range, before anything is written."""


class QueueFullError(JobQueueError):
    """Raised by an enqueue that finds its tier at capacity: nothing was written.

    Args:
        message (str): what is full; from anything but a Queue, a bare message is enough.
        tier, depth, capacity: of the queue, at that instant.
        retry_after (float): seconds until there may be room: an estimate, from how fast the tier was draining.
    """

    def __init__(
        self,
        message: str,
        *,
        tier: str | None = None,
        depth: int | None = None,
        capacity: int | None = None,
        retry_after: float | None = None,
    ):
        super().__init__(message)
        self.tier, self.depth, self.capacity, self.retry_after = tier, depth, capacity, retry_after


class ServerFull(QueueFullError):
    """Raised by an enqueue that the server refuses for want of memory: nothing was written. Settling goes on."""


class RateLimited(JobQueueError):
    """Raised by a limiter that has nothing left to give; `retry_after` says for how many seconds."""

    def __init__(self, message: str, retry_after: float):
        super().__init__(message)
        self.retry_after = retry_after


class JobFailed(JobQueueError):
    """Raised by `Queue.result` for a job that has none, and will have none: it is dead, cancelled, or unknown."""


class RetryLater(JobQueueError):
    """For a handler to raise: this attempt has failed, the next begins after `seconds`. Uses up an attempt."""

    def __init__(self, seconds: float, why: str = "the handler asked to be tried later"):
        super().__init__(why)
        self.seconds = seconds


class Reject(JobQueueError):
    """For a handler to raise, with the reason: the job can never succeed, and goes to the dead letters at once."""


class ServerNotFound(JobQueueError):
    """Raised by `Sandbox` when no server is installed; the message says what to install."""


class ServerTooOld(JobQueueError):
    """Raised on connecting to a server older than 7.0: its XAUTOCLAIM and script flags differ."""


class ServerFailed(JobQueueError):
    """Raised when the embedded server does not come up, or when asked to kill a server that is not embedded."""
