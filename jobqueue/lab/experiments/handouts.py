"""Five ways to hand out jobs to workers, from a bare list to a stream with a reaper and a fence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from redis.asyncio import Redis

from jobqueue.keys import GROUP
from jobqueue.lab.solutions.reaper import reap_stale_jobs

#: A job, and how its worker records the outcome.
HandedOut = tuple[str, Callable[[], Awaitable[object]]]

#: Takes a client, the worker's name and a key; hands out jobs.
Design = Callable[[Redis, str, str], AsyncIterator[HandedOut]]


async def pop(redis: Redis, name: str, key: str) -> AsyncIterator[HandedOut]:
    """A list and RPOP. The worker that takes a job has the only copy."""
    while True:
        job: Any = await redis.rpop(key)
        if job is None:
            return
        yield job, partial(redis.hincrby, f"{key}:outcomes", job)


async def processing_list(redis: Redis, name: str, key: str) -> AsyncIterator[HandedOut]:
    """A list, and a second one for jobs under way: LMOVE, then LREM. No worker ever looks into the second list."""
    mine = f"{key}:{name}"

    async def settle(job: str) -> None:
        await redis.hincrby(f"{key}:outcomes", job)
        await redis.lrem(mine, 1, job)

    while True:
        job: Any = await redis.lmove(key, mine, "RIGHT", "LEFT")
        if job is None:
            return
        yield job, partial(settle, job)


async def stream(redis: Redis, name: str, key: str) -> AsyncIterator[HandedOut]:
    """A stream and a consumer group, and no reaper."""
    async for job, entry in _read(redis, name, key):
        yield job, partial(_settle, redis, key, job, entry)


async def stream_and_reaper(redis: Redis, name: str, key: str) -> AsyncIterator[HandedOut]:
    """The same, and entries that are idle for too long go to another worker. `work` runs the reaper."""
    async for job, entry in _read_till_all_is_settled(redis, name, key):
        yield job, partial(_settle, redis, key, job, entry)


async def stream_reaper_and_fence(redis: Redis, name: str, key: str) -> AsyncIterator[HandedOut]:
    """The same, and an outcome counts only while its entry is pending under its worker: the entry's id is the fence."""
    settle = redis.register_script(SETTLE_IF_MINE)
    async for job, entry in _read_till_all_is_settled(redis, name, key):
        yield job, partial(settle, [key, f"{key}:outcomes"], [GROUP, entry, name, job])


SETTLE_IF_MINE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1, ARGV[3]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[2], ARGV[4], 1)
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""

DESIGNS: dict[str, Design] = {
    "list + RPOP": pop,
    "list + processing list": processing_list,
    "stream, no reaper": stream,
    "stream + reaper": stream_and_reaper,
    "stream + reaper + fence": stream_reaper_and_fence,
}


async def fill(redis: Redis, key: str, jobs: int) -> None:
    """Put jobs where the design of this key hands them out."""
    if key.startswith("list"):
        await redis.lpush(key, *map(str, range(jobs)))
        return
    await redis.xgroup_create(key, GROUP, id="0", mkstream=True)
    for job in range(jobs):
        await redis.xadd(key, {"job": job, "attempt": 1})


async def work(redis: Redis, name: str) -> None:
    """The program of a worker process: one worker of each design."""
    async with asyncio.TaskGroup() as all_designs:
        for key, design in DESIGNS.items():
            all_designs.create_task(_work_on(redis, name, key, design))


async def _work_on(redis: Redis, name: str, key: str, design: Design) -> None:
    seconds = float(await redis.get("job_seconds") or 0)
    reaper = asyncio.create_task(_reap_forever(redis, key)) if "+ reaper" in key else None
    async for job, settle in design(redis, name, key):
        await redis.hincrby(f"{key}:began", job)
        await redis.hset(f"{key}:now", name, job)  # last, so that a reader of it may count on the other
        await asyncio.sleep(seconds)
        await settle()
    if reaper:
        reaper.cancel()


async def _read(redis: Redis, name: str, key: str) -> AsyncIterator[tuple[str, str]]:
    while reply := await redis.xreadgroup(GROUP, name, {key: ">"}, count=1):
        streams: Any = reply
        [(entry, fields)] = streams[0][1]
        yield fields["job"], entry


async def _read_till_all_is_settled(redis: Redis, name: str, key: str) -> AsyncIterator[tuple[str, str]]:
    while await redis.xlen(key):  # some entry waits, or is pending
        async for job, entry in _read(redis, name, key):
            yield job, entry
        await asyncio.sleep(0.02)


async def _reap_forever(redis: Redis, key: str) -> None:
    while True:
        await reap_stale_jobs(redis, key, GROUP, int(await redis.get("stale_ms") or 0))
        await asyncio.sleep(0.05)


async def _settle(redis: Redis, key: str, job: str, entry: str) -> None:
    await redis.hincrby(f"{key}:outcomes", job)
    await redis.xack(key, GROUP, entry)
    await redis.xdel(key, entry)
