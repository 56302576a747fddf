"""Small programs, right and wrong, that several tests explore."""

import asyncio

from jobqueue.explorer import Faults, Scenario
from jobqueue.explorer.invariants import healthy, nothing_duplicated, nothing_lost

finish = healthy("jobs", "workers")


async def one_waiting(redis, world):
    await redis.xgroup_create("jobs", "workers", "0", mkstream=True)
    await redis.xadd("jobs", {"id": "1"})


async def one_stale(redis, world):
    await one_waiting(redis, world)
    await redis.xreadgroup("workers", "gone", {"jobs": ">"}, count=1)
    await asyncio.sleep(40)


async def _stale(redis):
    for row in await redis.xpending_range("jobs", "workers", "-", "+", 10, idle=30_000):
        for entry_id, fields in await redis.xrange("jobs", row["message_id"], row["message_id"]):
            yield entry_id, fields


async def acknowledge_then_requeue(redis, world):
    async for entry_id, fields in _stale(redis):
        await redis.xack("jobs", "workers", entry_id)
        await redis.xadd("jobs", fields)
        await redis.xdel("jobs", entry_id)


async def requeue_then_acknowledge(redis, world):
    async for entry_id, fields in _stale(redis):
        await redis.xadd("jobs", fields)
        await redis.xack("jobs", "workers", entry_id)
        await redis.xdel("jobs", entry_id)


ATOMIC_REAP = """#!lua flags=allow-oom
local row = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[2], ARGV[2], 1)[1]
if not row then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry then redis.call('XADD', KEYS[1], '*', unpack(entry[2])) end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


async def reap_in_one_script(redis, world):
    reap = redis.register_script(ATOMIC_REAP)
    for row in await redis.xpending_range("jobs", "workers", "-", "+", 10, idle=30_000):
        await reap(keys=["jobs"], args=["workers", row["message_id"], 30_000])


async def _read(redis, consumer):
    for _, entries in await redis.xreadgroup("workers", consumer, {"jobs": ">"}, count=1):
        for entry_id, fields in entries:
            yield entry_id, fields


async def work(redis, world, consumer="worker"):
    async for entry_id, fields in _read(redis, consumer):
        world.record("ran", fields["id"])
        await redis.xack("jobs", "workers", entry_id)
        await redis.xdel("jobs", entry_id)


async def acknowledge_then_work(redis, world):
    async for entry_id, fields in _read(redis, "worker"):
        await redis.xack("jobs", "workers", entry_id)
        await redis.xdel("jobs", entry_id)
        await world.step("ran", fields["id"])


async def count_then_add(redis, world):
    if await redis.xlen("jobs") < 2:
        await redis.xadd("jobs", {"id": "2"})


ADD_IF_ROOM = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', 'id', ARGV[2])
"""


async def add_if_room(redis, world):
    await redis.eval(ADD_IF_ROOM, 1, "jobs", 2, "2")


def reaping(*reapers, faults=None, setup=one_stale):
    """A scenario of these reapers, one after the other named reaper, reaper 2, …"""
    names = ["reaper", *(f"reaper {at}" for at in range(2, len(reapers) + 1))]
    return Scenario(
        dict(zip(names, reapers, strict=True)),
        setup,
        finish,
        [nothing_lost, nothing_duplicated],
        faults=faults or Faults(),
    )
