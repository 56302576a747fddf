"""Workers for tests: hired with short waits, run for a while, and started as processes to be killed."""

import asyncio
import contextlib
import random
import sys
from pathlib import Path

from redis.exceptions import RedisError

from helpers import eventually_async
from jobqueue import Worker
from jobqueue.server.leash import Leashed
from steps import silence, take, tickets

SCRIPT = str(Path(__file__).with_name("worker_process.py"))


class Hasty(random.Random):
    """Draws the least of every range: no backoff, no jitter."""

    def uniform(self, least, most):
        return least


async def double(job):
    return job.payload * 2


async def hang(job):
    await asyncio.Event().wait()


def hire(queue, handler=double, **options):
    """A worker of the task named task, with options of its own."""
    handlers = handler if isinstance(handler, dict) else {"task": handler}
    return Worker(queue, handlers, **{"rng": Hasty(), "grace": 0.0} | options)


@contextlib.asynccontextmanager
async def working(*workers):
    """Let `workers` run meanwhile; they drain at the end."""
    running = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield running
    finally:
        for worker in workers:
            worker.drain()
        async with asyncio.timeout(15):
            await asyncio.gather(*running)


async def enqueue_many(queue, count, **options):
    return [await queue.enqueue("task", number, **options) for number in range(count)]


async def settled(queue):
    return not (await queue.snapshot()).unsettled


async def results(queue, job_ids):
    return [(await queue.job(job_id)).result for job_id in job_ids]


async def blocked(queue):
    return any(client["cmd"] == "xreadgroup" and "b" in client["flags"] for client in await queue.redis.client_list())


def raiser(error):
    async def handle(job):
        raise error

    return handle


def plain_raiser(error):
    def handle(job):
        raise error

    return handle


class Witness:
    """A handler that says when it began, and how it ended; `hold` lets it go on."""

    def __init__(self):
        self.began, self.hold, self.ended = asyncio.Event(), asyncio.Event(), None

    async def __call__(self, job):
        self.began.set()
        try:
            await self.hold.wait()
            self.ended = "returned"
            return job.attempt
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


def with_witness(queue, **options):
    witness = Witness()

    async def handle(job):
        return await witness(job)

    return witness, hire(queue, handle, **options)


async def take_away_and_finish(queue):
    """Reap the one running job, and let another worker finish it. Its own worker must have no room for another job."""
    (job,) = await tickets(queue)

    async def reaped():
        await silence(queue, job)
        return await queue.transitions.reap("normal", job.entry, 1000)

    assert await eventually_async(reaped) == 1  # a heartbeat may come in between
    (again,) = await take(queue, "other")
    await queue.transitions.complete("other", [(again, b'"the other\'s"')], 60_000)


async def done_id(queue, job_id):
    return (await queue.job(job_id)).state == "done"


def start_worker(queue, concurrency=16):
    """A worker in a process of its own."""
    return Leashed([sys.executable, SCRIPT, queue.url, str(concurrency)])


def end_all(processes):
    for process in processes:
        process.kill()
        process.wait()


async def cut_connections(queue):
    await queue.redis.client_kill_filter(_type="normal", skipme=True)


async def done_many(queue, at_least):
    return (await queue.snapshot()).done >= at_least


async def enqueued(queue, number):
    with contextlib.suppress(RedisError):
        return await queue.enqueue("task", number, job_id=f"j{number}")
