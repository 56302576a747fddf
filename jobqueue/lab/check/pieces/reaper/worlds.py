"""The small worlds of a reaper: stale and fresh jobs, its own death, another reaper, a late worker."""

import asyncio
from collections.abc import Mapping
from functools import partial

from jobqueue.explorer import Faults, Program, Scenario
from jobqueue.lab.check.judge import first
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.reaper import judge
from jobqueue.lab.check.pieces.reaper.judge import LEASE_MS, OTHER, QUEUE
from jobqueue.lab.check.worlds import Body, Client, Outside, calling, delivered, job

#: ann's heartbeat: it renews her entry if it's still hers, and returns its id.
RENEW = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, 'ann')[1]
return row and redis.call('XCLAIM', KEYS[1], ARGV[1], 'ann', 0, row[1], 'JUSTID')[1]
"""

#: ann's end of a job: it counts only if its entry is still pending, under whatever name.
FINISH = """
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not first or redis.call('XACK', KEYS[1], ARGV[1], first[1]) == 0 then return 0 end
return redis.call('XDEL', KEYS[1], first[1])
"""


def basics(piece: Piece) -> Scenario:
    """Jobs 1 to 4 are stale: idle for 19 hours, 125 s, 90 s, and exactly 60 s, which is the lease.

    Jobs 5 to 8 are idle for 40 s, 7 s, 5 s and 0 s; but 5 and 6 are as old as 1. bob, who never received job 2, is
    alive. Each was delivered once, but not all are on their first attempt. Job 9 waits.
    """

    async def setup(redis: Client, world: Outside) -> None:
        await OTHER.create(redis)
        await OTHER.add(redis, *(job(number, judge.ATTEMPTS.get(number, 1)) for number in "123456"))
        for consumer, seconds in (("ann", 70_000), ("bob", 35), ("eve", 30), ("fay", 20), ("cat", 33), ("dan", 2)):
            await OTHER.deliver(redis, consumer)
            await asyncio.sleep(seconds)
        await OTHER.add(redis, *map(job, "789"))
        await OTHER.deliver(redis, "bob")
        await asyncio.sleep(5)
        await OTHER.deliver(redis, "gil")

    programs = {"reaper": calling(piece, OTHER.stream, OTHER.group, 60_000)}  # not the default lease either
    return Scenario(programs, setup, invariants=[first("reaper", judge.basics)])


def one_deleted(piece: Piece) -> Scenario:
    """Two stale entries; the first was deleted from the stream."""

    async def setup(redis: Client, world: Outside) -> None:
        await delivered(QUEUE, job(1), job(2), idle=40)(redis, world)
        [[entry, _], *_] = await redis.xrange(QUEUE.stream, count=1)
        await redis.xdel(QUEUE.stream, entry)

    return Scenario({"reaper": _reaper(piece)}, setup, invariants=[first("reaper", judge.deleted)])


def stale(piece: Piece, jobs: int, reapers: int, faults: Faults) -> Scenario:
    """Stale jobs and reapers."""
    names = ["reaper", *(f"reaper {at}" for at in range(2, reapers + 1))]
    return _with_later(piece, dict.fromkeys(names, _reaper(piece)), jobs, faults)


def late_worker(piece: Piece) -> Scenario:
    """A reaper, and a worker whose lease has passed, but who now renews it and finishes."""

    async def worker(redis: Client, world: Outside) -> None:
        for row in await redis.xpending_range(QUEUE.stream, QUEUE.group, "-", "+", 1, consumername="ann"):
            await QUEUE.renew(redis, "ann", [row["message_id"]])
            world.record("ran", "1")
            await QUEUE.settle(redis, row["message_id"])

    return _with_later(piece, {"reaper": _reaper(piece), "worker": worker}, 1, Faults())


def heartbeat(piece: Piece) -> Scenario:
    """A reaper, and a heartbeat that comes just then: the job that it renewed isn't stale, not even 29 s later."""

    async def worker(redis: Client, world: Outside) -> None:
        if entry := await redis.eval(RENEW, 1, QUEUE.stream, QUEUE.group):
            world.record("renewed", entry)

    programs = {"reaper": _reaper(piece), "worker": worker}
    setup, faults = delivered(QUEUE, job(1), idle=40), Faults(pass_time=1)
    return Scenario(programs, setup, invariants=[judge.kept], faults=faults, lease=29, scripts={"renew": RENEW})


def resting(piece: Piece) -> Scenario:
    """A reaper that takes its time, or stands still, and a late worker that finishes the job 2 s later."""

    async def worker(redis: Client, world: Outside) -> None:
        await asyncio.sleep(2)
        if await redis.eval(FINISH, 1, QUEUE.stream, QUEUE.group):
            world.record("ran", "1")

    programs = {"reaper": _reaper(piece), "worker": worker}
    return _with_later(piece, programs, 1, Faults(pass_time=1), lease=2)


def many(piece: Piece, stale: int, fresh: int) -> Scenario:
    """Stale jobs, behind others that aren't stale."""

    async def setup(redis: Client, world: Outside) -> None:
        await QUEUE.create(redis)
        ids = await QUEUE.add(redis, *map(job, range(fresh + stale)))
        await QUEUE.deliver(redis, "bob", fresh)
        await QUEUE.deliver(redis, "ann", stale)
        await asyncio.sleep(40)
        await QUEUE.renew(redis, "bob", ids[:fresh])

    rule = first("reaper", partial(judge.all_reaped, fresh))
    return Scenario({"reaper": _reaper(piece)}, setup, invariants=[rule])


def _reaper(piece: Piece) -> Body:
    return calling(piece, QUEUE.stream, QUEUE.group, LEASE_MS)


def _with_later(
    piece: Piece, programs: Mapping[str, Program | Body], jobs: int, faults: Faults, lease: int = 30
) -> Scenario:
    """An hour later come the same reaper, undisturbed, and then a worker that runs everything."""

    async def finish(redis: Client, world: Outside) -> None:
        await asyncio.sleep(3600)
        await _reaper(piece)(redis, world)
        await QUEUE.run_all(redis, world)

    setup = delivered(QUEUE, *map(job, range(1, jobs + 1)), idle=40)
    rules, scripts = [judge.accounted_for], {"finish": FINISH}
    return Scenario(programs, setup, finish, rules, faults=faults, lease=lease, scripts=scripts)
