"""SAQ: a list of ids moved to a second list, a key per job, a sweeper. Priorities only on Postgres.

(It imports typing_extensions without requiring it, so its pins do.)
"""

import asyncio
import os

from host import CONCURRENCY, JOB, URL, WORKER, do_async
from saq import Worker
from saq.job import Status
from saq.queue.redis import RedisQueue

DEAD = "the job's own key, for ten minutes"
TUNED = {
    "killed killed_first in_transit": {"job": {"timeout": 3, "retries": 3}, "worker": {"timers": {"sweep": 1}}},
    "lease busy": {"job": {"heartbeat": 2, "timeout": 60, "retries": 3}, "worker": {"timers": {"sweep": 1}}},
    "fails": {"job": {"retries": 3}},
    "poison": {"job": {"timeout": 1, "retries": 3}, "worker": {"timers": {"sweep": 1}}},
    "stopped": {"worker": {"shutdown_grace_period_s": 10}},
}
UNASKED = {"starvation": "its priorities need Postgres"}
GARBAGE = [
    ["RPUSH", "saq:default:queued", "an id of no job"],
    ["SET", "saq:job:default:spoiled", "garbage"],
    ["RPUSH", "saq:default:queued", "saq:job:default:spoiled"],
]
DOCUMENTED = {"killed": "every 60 s, a sweep takes jobs past their timeout, 10 s by default"}

queue = RedisQueue.from_url(URL)


async def enqueue(job):
    await queue.enqueue("do", key=job.id, args=job.args, **JOB)


async def do(ctx, *, args):
    await do_async(*args)


def work():
    for _ in range(WORKER.pop("--workers", 1) - 1):  # as its command line does
        if os.fork() == 0:
            break
    asyncio.run(Worker(queue, functions=[("do", do)], concurrency=CONCURRENCY, **WORKER).start())


async def dead():
    return [job.key async for job in queue.iter_jobs([Status.FAILED, Status.ABORTED])]


async def replay(ids):
    for key in ids:
        job = await queue.job(key)
        await job.retry("replayed")
