"""taskiq, with taskiq-redis's stream broker: acknowledged after the work, never deleted, reclaimed when long idle."""

import os
import sys
from contextlib import asynccontextmanager

import taskiq_redis
from host import CONCURRENCY, JOB, QUEUE, URL, WORKER, do_async
from redis.asyncio import Redis
from taskiq import SimpleRetryMiddleware

DEAD = "its result, forever"
TUNED = {
    "killed killed_first in_transit cut restarted corrupt": {
        "queue": {"idle_timeout": 3000, "unacknowledged_lock_timeout": 5},
    },
    "flood": {"queue": {"maxlen": 500, "approximate": False}},
    "lease busy": {"queue": {"idle_timeout": 2000}},
    "fails": {"queue": {"results": True}, "job": {"retry_on_error": True, "max_retries": 3}},
    "poison": {"queue": {"idle_timeout": 1000}, "job": {"retry_on_error": True, "max_retries": 3}},
}
UNASKED = {"starvation": "it has no priorities"}
GARBAGE = [["XADD", "taskiq", "*", "data", "garbage"], ["XADD", "taskiq", "*", "no", "data at all"]]
DOCUMENTED = {"killed": "after a read, a worker claims messages that have been pending for idle_timeout, 10 minutes"}

results = QUEUE.pop("results", False)
broker = getattr(taskiq_redis, QUEUE.pop("class", "RedisStreamBroker"))(URL, **QUEUE)
broker = broker.with_middlewares(SimpleRetryMiddleware())
if results:
    broker = broker.with_result_backend(taskiq_redis.RedisAsyncResultBackend(URL, prefix_str="result"))
task = broker.register_task(do_async, task_name="do", **JOB)


@asynccontextmanager
async def producer():
    await broker.startup()
    yield
    await broker.shutdown()


async def enqueue(job):
    await task.kicker().with_task_id(job.id).kiq(*job.args)


def work():
    options = {"--workers": 1, "--max-async-tasks": CONCURRENCY, "--log-level": "WARNING"} | WORKER
    flat = [str(word) for option in options.items() for word in option if word is not True]
    os.execv(sys.executable, [sys.executable, "-m", "taskiq", "worker", "ask_taskiq:broker", *flat])


async def dead():
    async with Redis.from_url(URL) as redis:
        ids = [key.decode().partition(":")[2] async for key in redis.scan_iter("result:*")]
    return [job for job in ids if results and (await broker.result_backend.get_result(job)).is_err]
