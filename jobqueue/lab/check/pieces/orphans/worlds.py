"""A pending list with orphans in it, and one without."""

import asyncio

from jobqueue.explorer import Scenario
from jobqueue.lab.check.judge import first
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.orphans.judge import IDLE_MS, QUEUE, answer, untouched
from jobqueue.lab.check.worlds import Body, Client, Outside, answering


def scenario(piece: Piece, setup: Body) -> Scenario:
    """One run."""
    seeker = answering(piece, QUEUE.stream, QUEUE.group, IDLE_MS, kinds=(list, tuple, set))
    return Scenario({"seeker": seeker}, setup, invariants=[first("seeker", untouched, answer)])


async def few(redis: Client, world: Outside) -> None:
    """Jobs 1 to 4 have been idle for 90 s, under ann, bob (two of them) and eve. Job 5 has been idle for 40 s under
    cat, and job 6 for 5 s under bob, who is alive. Job 7 is acknowledged, and job 8 waits."""
    await QUEUE.create(redis)
    await QUEUE.add(redis, *({"id": number} for number in range(1, 8)))
    for consumer, count in (("ann", 1), ("bob", 2), ("eve", 1)):
        await QUEUE.deliver(redis, consumer, count)
    await asyncio.sleep(50)
    await QUEUE.deliver(redis, "cat")
    await asyncio.sleep(35)
    await QUEUE.deliver(redis, "bob")
    [(done, _)] = await QUEUE.deliver(redis, "cat")
    await redis.xack(QUEUE.stream, QUEUE.group, done)
    await QUEUE.add(redis, {"id": 8})
    await asyncio.sleep(5)


async def many(redis: Client, world: Outside) -> None:
    """120 entries that ann renews stand in front of 260 that are silent."""
    await QUEUE.create(redis)
    ids = await QUEUE.add(redis, *({"id": number} for number in range(380)))
    await QUEUE.deliver(redis, "ann", 120)
    await QUEUE.deliver(redis, "eve", 260)
    await asyncio.sleep(90)
    await QUEUE.renew(redis, "ann", ids[:120])


async def none(redis: Client, world: Outside) -> None:
    await QUEUE.create(redis)
    await QUEUE.add(redis, {"id": 1})
