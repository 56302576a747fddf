"""A small, complete job queue on Redis Streams, written to be read.

Start with keys.py and job.py (what is stored), then scripts.py and lua/ (how it changes), then queue.py, worker.py,
fetcher.py, runner.py, heartbeat.py and reaper.py (who changes it).
"""

from jobqueue.errors import (
    BadJob,
    BadSetting,
    JobQueueError,
    PayloadTooLarge,
    QueueFullError,
    ServerFailed,
    ServerNotFound,
    ServerTooOld,
)
from jobqueue.job import Job
from jobqueue.priority import strict
from jobqueue.queue import JobStatus, Queue, Snapshot, TierCounts
from jobqueue.worker import Worker

__all__ = [
    "BadJob",
    "BadSetting",
    "Job",
    "JobQueueError",
    "JobStatus",
    "PayloadTooLarge",
    "Queue",
    "QueueFullError",
    "ServerFailed",
    "ServerNotFound",
    "ServerTooOld",
    "Snapshot",
    "TierCounts",
    "Worker",
    "strict",
]
