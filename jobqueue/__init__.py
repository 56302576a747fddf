"""A small, complete job queue on Redis Streams, written to be read.

Start with keys.py and job.py (what is stored), then scripts.py and lua/ (how it changes), then queue.py, worker.py,
fetcher.py, runner.py, heartbeat.py and reaper.py (who changes it). Then one idea each: backpressure.py, priority.py,
retry.py, dead.py, results.py, status.py; connect.py and sandbox.py say how Redis is reached, and started.
"""

from jobqueue.backpressure import LeakyBucket, TokenBucket
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
)
from jobqueue.job import Job, NewJob
from jobqueue.priority import aging, strict, weighted
from jobqueue.queue import Queue
from jobqueue.status import JobStatus, Snapshot, TierCounts
from jobqueue.worker import Worker

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
    "ServerFailed",
    "ServerFull",
    "ServerNotFound",
    "ServerTooOld",
    "Snapshot",
    "TierCounts",
    "TokenBucket",
    "Worker",
    "aging",
    "strict",
    "weighted",
]
