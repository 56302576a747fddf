"""Every error a caller may meet.

JobQueueError
├── BadJob             a job that cannot be accepted: says which field, and what to do (also a ValueError)
│   └── PayloadTooLarge
├── BadSetting         a setting out of range or contradictory (also a ValueError)
├── QueueFullError     no room: nothing was written; slow down, or try later
│   └── ServerFull     not in a tier, but in the server's memory
├── WrongLoop          a Queue was used from a second event loop: nothing was sent
├── RateLimited        a producers' limiter says: not now
├── JobFailed          the job whose result was waited for is dead or cancelled
├── RetryLater         raised by a handler: end this attempt, and try again after so many seconds
├── Reject             raised by a handler: no attempt will help, to the dead letters
├── ServerNotFound     no Redis or Valkey server could be found to embed
├── ServerTooOld       the server is older than 7.0
└── ServerFailed       the embedded server didn't start, or isn't the sandbox's to kill
"""

from jobqueue.printable import render_in_notebook


class JobQueueError(Exception):
    """The root: catch this to catch everything the kit raises on purpose."""

    _render_traceback_ = render_in_notebook


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


class WrongLoop(JobQueueError):
    """Raised by a Queue, and all that was made from it, in another event loop than its first: nothing was sent."""


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


def is_a(kind: type[BaseException], error: BaseException) -> bool:
    """As isinstance, which would ask the error's `__class__`, and that may be a handler's own code."""
    return issubclass(type(error), kind)
