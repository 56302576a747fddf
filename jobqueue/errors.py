"""Every error that a caller may get.

JobQueueError
├── BadJob             the job can't be accepted: says which field, and what to do (also a ValueError)
│   └── PayloadTooLarge
├── BadSetting         a setting is out of range or contradictory (also a ValueError)
├── QueueFullError     the tier has no room: nothing was written; slow down, or try later
│   └── ServerFull     the server has no memory: nothing was written
├── WrongLoop          a second event loop used a Queue: nothing was sent
├── RateLimited        a producers' limiter is empty: try later
├── JobFailed          the job whose result you wait for is dead, cancelled or unknown
├── RetryLater         a handler raises it: this attempt has failed, try again after so many seconds
├── Reject             a handler raises it: no attempt will help, so the job is dead
├── ServerNotFound     no Redis or Valkey server is installed to embed
├── ServerTooOld       the server is older than 7.0
└── ServerFailed       the embedded server didn't start, or isn't the sandbox's to kill
"""

from jobqueue.printable import render_in_notebook


class JobQueueError(Exception):
    """The root: catch it to catch everything that the kit raises on purpose."""

    _render_traceback_ = render_in_notebook


class BadJob(JobQueueError, ValueError):
    """Raised by `enqueue`, before anything is written, for a job that no worker could read back."""


class PayloadTooLarge(BadJob):
    """Raised by `enqueue` if the encoded job exceeds the queue's `max_bytes`, because every move would copy it."""


class BadSetting(JobQueueError, ValueError):
    """Raised for a setting that's out of range, before anything is written."""


class QueueFullError(JobQueueError):
    """Raised by an enqueue if its tier is full: nothing was written.

    Args:
        message (str): names the tier that's full. If it isn't a Queue that raises it, a message alone is enough.
        tier, depth, capacity: the tier, its jobs at that instant, and its bound.
        retry_after (float): seconds until there may be room, estimated from how fast the tier drains.
    """

    def __init__(self, message: str, *, tier: str = "", depth: int = 0, capacity: int = 0, retry_after: float = 0.0):
        super().__init__(message)
        self.tier, self.depth, self.capacity, self.retry_after = tier, depth, capacity, retry_after


class ServerFull(QueueFullError):
    """Raised by an enqueue if the server is out of memory: nothing was written. Workers can still settle their jobs."""


class WrongLoop(JobQueueError):
    """Raised by a Queue, and all that's made from it, in another event loop than its first: nothing was sent."""


class RateLimited(JobQueueError):
    """Raised by a limiter that's empty; `retry_after` is how many seconds it stays so."""

    def __init__(self, message: str, retry_after: float):
        super().__init__(message)
        self.retry_after = retry_after


class JobFailed(JobQueueError):
    """Raised by `Queue.result` for a job that will have none, because it's dead, cancelled or unknown."""


class RetryLater(JobQueueError):
    """For a handler to raise: this attempt has failed, and the next begins after `seconds`. It uses up an attempt."""

    def __init__(self, seconds: float, why: str = "the handler asked for another attempt later"):
        super().__init__(why)
        self.seconds = seconds


class Reject(JobQueueError):
    """For a handler to raise, with the reason: the job can never succeed, and goes to the dead letters at once."""


class ServerNotFound(JobQueueError):
    """Raised by `Sandbox` when no server is installed; the message says what to install."""


class ServerTooOld(JobQueueError):
    """Raised on connecting to a server older than 7.0: its XAUTOCLAIM and script flags differ."""


class ServerFailed(JobQueueError):
    """Raised if the embedded server doesn't start, or if you ask to kill a server that isn't embedded."""


def is_a(kind: type[BaseException], error: BaseException) -> bool:
    """Like isinstance, but without the error's `__class__`, which may be a handler's own code."""
    return issubclass(type(error), kind)
