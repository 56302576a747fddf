"""arq: a sorted set of ids, a key per job, optimistic locks. Instead of priorities, queues with their own workers."""

from contextlib import asynccontextmanager

from arq import Retry, create_pool
from arq.connections import RedisSettings
from arq.worker import Worker, func
from host import CONCURRENCY, JOB, URL, WORKER, Failure, do_async

DEAD = "its result, for an hour"
TUNED = {
    "killed killed_first cut restarted": {"worker": {"job_timeout": 3}},
    "lease busy": {"worker": {"job_timeout": 2}},
    "fails": {"job": {"raises": "Retry"}, "worker": {"max_tries": 3}},
    "poison": {"worker": {"job_timeout": 1, "max_tries": 3}},
    "stopped": {"worker": {"job_completion_wait": 10}},
}
UNASKED = {"starvation": "it has no priorities"}
GARBAGE = [
    ["ZADD", "arq:queue", 1, "an id of no job"],
    ["SET", "arq:job:spoiled", "garbage"],
    ["ZADD", "arq:queue", 2, "spoiled"],
]
DOCUMENTED = {"killed": "a job is free again 10 s after its job_timeout, 300 s by default"}

settings = RedisSettings.from_dsn(URL)
pool = None


@asynccontextmanager
async def producer():
    global pool
    pool = await create_pool(settings)
    yield


async def enqueue(job):
    await pool.enqueue_job("do", *job.args, _job_id=job.id)


async def do(ctx, *args):
    try:
        await do_async(*args)
    except Failure:
        raise Retry if JOB.get("raises") == "Retry" else Failure from None


def work():
    Worker([func(do, name="do")], redis_settings=settings, max_jobs=CONCURRENCY, **WORKER).run()


async def dead():
    return [result.job_id for result in await pool.all_job_results() if not result.success]
