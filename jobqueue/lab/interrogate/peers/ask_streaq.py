"""streaq: a stream per priority, a key per job, idle times renewed by the worker's own event loop."""

from host import CONCURRENCY, JOB, URL, WORKER, Failure, do_async
from streaq import StreaqRetry, Worker

DEAD = "its result, for five minutes"
TUNED = {
    "killed killed_first in_transit restarted": {"worker": {"idle_timeout": 3}},
    "lease busy": {"worker": {"idle_timeout": 2}},
    "fails": {"job": {"raises": "StreaqRetry", "max_tries": 3}},
    "poison": {"worker": {"idle_timeout": 1}, "job": {"max_tries": 3}},
    "stopped": {"worker": {"grace_period": 10}},
}
GARBAGE = [
    ["XADD", "streaq:default:queues:normal", "*", "task_id", "an id of no job"],
    ["SET", "streaq:default:task:data:spoiled", "garbage"],
    ["XADD", "streaq:default:queues:normal", "*", "task_id", "spoiled", "enqueue_time", "1"],
    ["XADD", "streaq:default:queues:normal", "*", "no", "task at all"],
]
DOCUMENTED = {"killed": "another worker claims messages that have been idle for idle_timeout, 60 s by default"}

raises = JOB.pop("raises", None)
worker = Worker(redis_url=URL, concurrency=CONCURRENCY, priorities=["low", "normal", "high"], **WORKER)


@worker.task(name="do", **JOB)
async def do(*args):
    try:
        await do_async(*args)
    except Failure:
        raise StreaqRetry("again", delay=0) if raises else Failure from None


def producer():
    return worker


async def enqueue(job):
    task = do.enqueue(*job.args).start(priority=job.tier)
    task.id = job.id
    await task


def work():
    worker.run_sync()


async def dead():
    ids = [key.rpartition(":")[2] for key in await worker.redis.keys("streaq:default:task:results:*")]
    return [job for job in ids if not (await worker.result_by_id(job)).success]
