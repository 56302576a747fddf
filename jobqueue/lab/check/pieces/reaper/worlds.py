"""The small worlds of a reaper: stale and fresh jobs, its own death, another reaper, a late worker."""

import asyncio
from collections.abc import Mapping

from jobqueue.explorer import Faults, Program, Scenario
from jobqueue.lab.check.judge import first
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.reaper import judge
from jobqueue.lab.check.pieces.reaper.judge import FRESH_BEFORE, OTHER, QUEUE, STALE_BEHIND
from jobqueue.lab.check.worlds import Body, Client, Outside, calling, delivered, job

#: ann's heartbeat: it renews her entry if it's still hers, and returns its id.
RENEW = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, 'ann')[1]
return row and redis.call('XCLAIM', KEYS[1], ARGV[1], 'ann', 0, row[1], 'JUSTID')[1]
"""


def basics(piece: Piece) -> Scenario:
    """Jobs 1 to 3 are stale: idle for 90 s. Job 4 is idle for 40 s, jobs 5 and 6 for 5 s; but 5 is as old as 1.

    bob, who never received job 2, is alive. Job 2 was delivered once, but it's its second attempt. Job 7 waits.
    """

    async def setup(redis: Client, world: Outside) -> None:
        await OTHER.create(redis)
        await OTHER.add(redis, *(job(number, 2 if number == "2" else 1) for number in "12345"))
        for consumer in ("ann", "bob", "eve"):
            await OTHER.deliver(redis, consumer)
        await asyncio.sleep(50)
        await OTHER.deliver(redis, "cat")
        await asyncio.sleep(35)
        await OTHER.add(redis, job(6), job(7))
        await OTHER.deliver(redis, "bob")
        await OTHER.deliver(redis, "dan")
        await asyncio.sleep(5)

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
    """A reaper, and a heartbeat that comes just then: the job that it renewed is no longer stale."""

    async def worker(redis: Client, world: Outside) -> None:
        if entry := await redis.eval(RENEW, 1, QUEUE.stream, QUEUE.group):
            world.record("renewed", entry)

    programs = {"reaper": _reaper(piece), "worker": worker}
    return Scenario(programs, delivered(QUEUE, job(1), idle=40), invariants=[judge.kept])


def many(piece: Piece) -> Scenario:
    """Hundreds of stale jobs, behind others that aren't stale."""

    async def setup(redis: Client, world: Outside) -> None:
        await QUEUE.create(redis)
        ids = await QUEUE.add(redis, *map(job, range(FRESH_BEFORE + STALE_BEHIND)))
        await QUEUE.deliver(redis, "bob", FRESH_BEFORE)
        await QUEUE.deliver(redis, "ann", STALE_BEHIND)
        await asyncio.sleep(40)
        await QUEUE.renew(redis, "bob", ids[:FRESH_BEFORE])

    return Scenario({"reaper": _reaper(piece)}, setup, invariants=[first("reaper", judge.all_reaped)])


def _reaper(piece: Piece) -> Body:
    return calling(piece, QUEUE.stream, QUEUE.group, 30_000)


def _with_later(piece: Piece, programs: Mapping[str, Program | Body], jobs: int, faults: Faults) -> Scenario:
    """An hour later come the same reaper, undisturbed, and then a worker that runs everything."""

    async def finish(redis: Client, world: Outside) -> None:
        await asyncio.sleep(3600)
        await _reaper(piece)(redis, world)
        await QUEUE.run_all(redis, world)

    setup = delivered(QUEUE, *map(job, range(1, jobs + 1)), idle=40)
    return Scenario(programs, setup, finish, [judge.accounted_for], faults=faults)
