"""A whole job queue on Redis Streams: a bound, priorities, leases, retries, a reaper, dead letters. At least once.

    redis = Redis(decode_responses=True)  # redis.asyncio, and any server from 7.0 on
    await enqueue(redis, "shop:high", {"id": "7", "attempt": "1"}, capacity=1_000)
    await serve(redis, "shop", "ada", handle)  # in each worker, each with a name of its own: `await handle(fields)`

A job is an entry of its tier's stream until MOVE takes it out, so XLEN is the depth. Each attempt is a new entry.
"""

import asyncio
import contextlib
import random
import time
from itertools import chain

from redis.exceptions import ResponseError

from jobqueue import QueueFullError

TIERS = {"high": 2, "normal": 1, "low": 0}
GROUP, LEASE_MS, MAX_ATTEMPTS, SECONDS_PER_TIER, LONGEST_WAIT = "workers", 30_000, 5, 20, 60

#: Look and add in one step, or two producers find the same last place free.
ADD = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""

#: Look, add and remove in one step: every job leaves its place this way. It adds first, so a failure leaves a copy.
MOVE = """
local from, to, group, entry, idle_ms = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
if #redis.call('XPENDING', from, group, 'IDLE', idle_ms, entry, entry, 1) == 0 then return 0 end
if #ARGV > 3 then redis.call('XADD', to, '*', unpack(ARGV, 4)) end
redis.call('XACK', from, group, entry)
return redis.call('XDEL', from, entry)
"""


async def enqueue(redis, stream, fields, capacity):
    if entry := await redis.eval(ADD, 1, stream, capacity, *chain(*fields.items())):
        return entry
    raise QueueFullError(f"{stream} is full: {capacity} jobs")


async def move(redis, stream, group, entry, fields, to="", idle_ms=0):
    await redis.eval(MOVE, 2, stream, to or stream, group, entry, idle_ms, *chain(*fields.items()))


async def run_one(redis, stream, group, name, handle, lease_ms=LEASE_MS):
    """Run one job, if there's one. Return its entry, fields and error if it fails, else None."""
    for _, entries in await redis.xreadgroup(group, name, {stream: ">"}, count=1):
        for entry, fields in entries:
            renewing = asyncio.create_task(renew(redis, stream, group, name, entry, lease_ms))
            try:
                await handle(fields)
            except Exception as error:  # a failure is an outcome, too: see `work`
                return entry, fields, error
            finally:
                renewing.cancel()
            return await move(redis, stream, group, entry, {})  # after the work, or a crash in between loses the job


async def renew(redis, stream, group, name, entry, lease_ms):
    while True:
        await asyncio.sleep(lease_ms / 3_000)
        await redis.xclaim(stream, group, name, 0, [entry], justid=True)  # idle for 0 ms again, unless it was reaped


async def fail(redis, stream, group, entry, fields, error, max_attempts):
    if int(fields["attempt"]) < max_attempts:
        await move(redis, stream, group, entry, {**fields, "attempt": int(fields["attempt"]) + 1})
    else:
        await move(redis, stream, group, entry, {**fields, "error": error}, to=f"{stream}:dead")


async def reap(redis, stream, group, stale_after_ms=LEASE_MS):
    start = "-"
    while page := await redis.xpending_range(stream, group, start, "+", 100, idle=stale_after_ms):
        for entry in (row["message_id"] for row in page):
            job = dict(await redis.xrange(stream, entry, entry)).get(entry, {})  # nothing, if it was deleted
            again = {**job, "attempt": int(job["attempt"]) + 1} if job else {}
            await move(redis, stream, group, entry, again, idle_ms=stale_after_ms)
        start = "(" + page[-1]["message_id"]


def pick(heads):
    return max(heads, key=lambda tier: (TIERS[tier] + heads[tier] / SECONDS_PER_TIER, TIERS[tier]))


def backoff(attempt, rng):
    return rng.uniform(0, min(LONGEST_WAIT, 2**attempt))


async def oldest(redis, queue):
    heads = {}  # how long the first waiting job of each tier has waited, in seconds
    for tier in TIERS:
        [group] = await redis.xinfo_groups(f"{queue}:{tier}")
        for entry, _ in await redis.xrange(f"{queue}:{tier}", f"({group['last-delivered-id']}", "+", count=1):
            heads[tier] = max(0, time.time() - int(entry.partition("-")[0]) / 1_000)
    return heads


async def work(redis, queue, name, handle, lease_ms=LEASE_MS, rng=random):
    async def guarded(fields):
        if int(fields["attempt"]) > MAX_ATTEMPTS:  # it kills its workers, so only reapers have counted
            raise RuntimeError("its last worker died")
        await handle(fields)

    while True:
        heads = await oldest(redis, queue)
        stream = f"{queue}:{pick(heads)}" if heads else ""
        failed = await run_one(redis, stream, GROUP, name, guarded, lease_ms) if heads else await asyncio.sleep(0.1)
        if failed:
            entry, fields, error = failed
            attempt = int(fields["attempt"])  # a reaper moves the job if its lease runs out in the next line
            await asyncio.sleep(backoff(attempt, rng) if attempt < MAX_ATTEMPTS else 0)
            await fail(redis, stream, GROUP, entry, fields, repr(error), MAX_ATTEMPTS)


async def serve(redis, queue, name, handle, concurrency=4, lease_ms=LEASE_MS):
    for tier in TIERS:
        with contextlib.suppress(ResponseError):  # the group is there already
            await redis.xgroup_create(f"{queue}:{tier}", GROUP, "0", mkstream=True)
    async with asyncio.TaskGroup() as tasks:
        for n in range(concurrency):
            tasks.create_task(work(redis, queue, f"{name}-{n}", handle, lease_ms))
        while True:  # each worker reaps. They need no leader, because MOVE decides
            for tier in TIERS:
                await reap(redis, f"{queue}:{tier}", GROUP, lease_ms)
            await asyncio.sleep(lease_ms / 3_000)
