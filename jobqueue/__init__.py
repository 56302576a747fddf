"""A small, complete job queue on Redis Streams, written to be read.

Start with keys.py and job.py (what is stored), then scripts.py and lua/ (how it changes), then queue.py, worker.py,
fetcher.py, runner.py and handler.py (one job's ordinary life). Then keeper.py and reaper.py (what takes long, or
goes wrong). Then one idea each: admission.py, limiters.py, policies.py, settings.py, status.py, dead.py. Around it:
server/ and sandbox.py say how Redis is reached, and started; front/ and cli/ what may be asked from outside;
printable.py and threads.py help all of them.
"""

from typing import TYPE_CHECKING, Any

from jobqueue.dead import Attempt, DeadLetter
from jobqueue.errors import (
    BadJob,
    BadSetting,
    JobFailed,
    JobQueueError,
    PayloadTooLarge,
    QueueFullError,
    RateLimited,
    Reject,
    RetryLater,
    ServerFailed,
    ServerFull,
    ServerNotFound,
    ServerTooOld,
    WrongLoop,
)
from jobqueue.job import Job, NewJob
from jobqueue.limiters import LeakyBucket, TokenBucket
from jobqueue.policies import aging, strict, weighted
from jobqueue.queue import Queue
from jobqueue.status import JobStatus, Snapshot, TierCounts
from jobqueue.worker import Worker

if TYPE_CHECKING:
    from jobqueue.sandbox import Sandbox

__all__ = [
    "Attempt",
    "BadJob",
    "BadSetting",
    "DeadLetter",
    "Job",
    "JobFailed",
    "JobQueueError",
    "JobStatus",
    "LeakyBucket",
    "NewJob",
    "PayloadTooLarge",
    "Queue",
    "QueueFullError",
    "RateLimited",
    "Reject",
    "RetryLater",
    "Sandbox",
    "ServerFailed",
    "ServerFull",
    "ServerNotFound",
    "ServerTooOld",
    "Snapshot",
    "TierCounts",
    "TokenBucket",
    "Worker",
    "WrongLoop",
    "aging",
    "strict",
    "weighted",
]


def __getattr__(name: str) -> Any:
    if name == "Sandbox":  # only those that start a server load what that takes
        from jobqueue.sandbox import Sandbox

        return Sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
