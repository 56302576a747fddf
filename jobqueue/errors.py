"""Every error a caller may meet.

JobQueueError
├── BadJob             a job that cannot be accepted: says which field, and what to do (also a ValueError)
│   └── PayloadTooLarge
├── BadSetting         a setting out of range or contradictory (also a ValueError)
├── QueueFullError     no room: nothing was written; slow down, or try later
├── ServerNotFound     no Redis or Valkey server could be found to embed
├── ServerTooOld       the server is older than 7.0
└── ServerFailed       the embedded server did not start, or is not ours to kill
"""


class JobQueueError(Exception):
    """The root: catch this to catch everything the kit raises on purpose."""


class BadJob(JobQueueError, ValueError):
    """Raised by `enqueue` before anything is written, for a job no worker could read back."""


class PayloadTooLarge(BadJob):
    """Raised by `enqueue` when the encoded job exceeds the queue's `max_bytes`: every hop would copy it."""


class BadSetting(JobQueueError, ValueError):
    """Raised for a setting that is out of range, before anything is written."""


class QueueFullError(JobQueueError):
    """Raised by an enqueue that finds its queue at capacity: nothing was written. A bare message is enough."""


class ServerNotFound(JobQueueError):
    """Raised by `Sandbox` when no server is installed; the message says what to install."""


class ServerTooOld(JobQueueError):
    """Raised on connecting to a server older than 7.0: its XAUTOCLAIM and script flags differ."""


class ServerFailed(JobQueueError):
    """Raised when the embedded server does not come up, or when asked to kill a server that is not embedded."""
