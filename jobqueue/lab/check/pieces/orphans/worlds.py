"""A pending list with orphans in it, and one without."""

import asyncio
from collections import deque
from collections.abc import Set, ValuesView

from jobqueue.explorer import Scenario
from jobqueue.lab.check.judge import first
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.orphans.judge import ANOTHER, IDLE_MS, QUEUE, answer, untouched
from jobqueue.lab.check.worlds import Body, Client, Outside, answering


def scenario(piece: Piece, setup: Body) -> Scenario:
    """One run."""
    seeker = answering(piece, QUEUE.stream, QUEUE.group, IDLE_MS, kinds=(list, tuple, deque, Set, ValuesView))
    return Scenario({"seeker": seeker}, setup, invariants=[first("seeker", untouched, answer)])


async def few(redis: Client, world: Outside) -> None:
    """Jobs 1 to 4 have been idle for 19 hours, 125 s, 90 s and 60 s, under ann, bob (two of them) and eve.

    Jobs 5, 6, 7 and 9 have been idle for 40 s, 7 s, 5 s and 0 s under cat, dan, bob, who is alive, and gil. Jobs 1 to 6
    are as old as each other. Job 8 is acknowledged, and job 10 waits. Another group has jobs 1 to 5 pending.
    """
    await QUEUE.create(redis)
    await QUEUE.add(redis, *({"id": number} for number in range(1, 7)))
    await ANOTHER.create(redis)
    await ANOTHER.deliver(redis, "zoe", 5)
    for consumer, seconds in (("ann", 70_000), ("bob", 35), ("bob", 30), ("eve", 20), ("cat", 33), ("dan", 2)):
        await QUEUE.deliver(redis, consumer)
        await asyncio.sleep(seconds)
    await QUEUE.add(redis, *({"id": number} for number in range(7, 11)))
    await QUEUE.deliver(redis, "bob")
    [(done, _)] = await QUEUE.deliver(redis, "cat")
    await redis.xack(QUEUE.stream, QUEUE.group, done)
    await asyncio.sleep(5)
    await QUEUE.deliver(redis, "gil")


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
