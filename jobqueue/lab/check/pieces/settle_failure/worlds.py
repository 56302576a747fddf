"""The small worlds of a failed attempt: other jobs, faults, another worker, and a reaper."""

import asyncio
from functools import partial

import redis.exceptions

from jobqueue.explorer import Faults, Scenario
from jobqueue.explorer.invariants import healthy
from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.judge import first
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.settle_failure import judge
from jobqueue.lab.check.pieces.settle_failure.judge import ERROR, ERRORS, QUEUE, TABLE
from jobqueue.lab.check.worlds import REAP, Body, Client, Outside, job

#: Jobs that wait in a crowded stream: more than a cap that's written without much thought.
MANY = 1_200


def one_call(piece: Piece, attempt: int, deliveries: int = 1) -> Scenario:
    """Job 2 fails, next to three others that must stay as they are."""

    async def setup(redis: Client, world: Outside) -> None:
        await _pending(redis, "bob", {1: 2})
        await _pending(redis, "ann", {2: attempt, 3: 1})
        await QUEUE.add(redis, job(4), ids=[_entry(4)])
        if deliveries > 1:
            entry = {"message_ids": [_entry(2)], "retrycount": deliveries, "justid": True}
            await redis.xclaim(QUEUE.stream, QUEUE.group, "ann", 0, **entry)

    rules = [first("worker", partial(judge.settled, attempt)), judge.fields_kept]
    return Scenario({"worker": _worker(piece, attempt, 2)}, setup, invariants=rules)


def table(piece: Piece) -> Scenario:
    """Many jobs fail, one after the other: which are tried again, and which are dead?"""

    async def setup(redis: Client, world: Outside) -> None:
        await QUEUE.create(redis)
        await QUEUE.add(redis, *map(judge.row, range(len(TABLE))), ids=map(_entry, range(len(TABLE))))
        await QUEUE.deliver(redis, "ann", len(TABLE))

    async def worker(redis: Client, world: Outside) -> None:
        own = apart(piece)
        for at, (_, limit) in reversed([*enumerate(TABLE)]):  # jobs don't fail in the order of their entries
            error = ERRORS[at % len(ERRORS)]
            await own(redis, QUEUE.stream, QUEUE.group, _entry(at), judge.row(at), error, limit)

    return Scenario({"worker": worker}, setup, invariants=[first("worker", judge.threshold, judge.rows_kept)])


def crowded(piece: Piece) -> Scenario:
    """A job fails, and many wait."""

    async def setup(redis: Client, world: Outside) -> None:
        await _pending(redis, "ann", {1: 1})
        await QUEUE.add(redis, *(job(f"other {at}") for at in range(MANY)))

    return Scenario({"worker": _worker(piece, 1)}, setup, invariants=[first("worker", judge.none_trimmed)])


def faulty(piece: Piece, attempt: int, faults: Faults, again: bool = False) -> Scenario:
    """One fault, and then a healthy reaper and worker. `again`: after a lost connection the worker calls again."""
    worker, finish = _worker(piece, attempt, again=again), healthy(QUEUE.stream, QUEUE.group)
    return Scenario({"worker": worker}, _one(attempt), finish, judge.FATES, faults=faults)


def two_workers(piece: Piece) -> Scenario:
    """Two jobs fail at the same time."""

    async def setup(redis: Client, world: Outside) -> None:
        await _pending(redis, "ann", {1: 1})
        await _pending(redis, "bob", {2: 3})

    workers = {"ann": _worker(piece, 1), "bob": _worker(piece, 3, 2)}
    return Scenario(workers, setup, invariants=[judge.both_settled])


def with_a_reaper(piece: Piece, attempt: int) -> Scenario:
    """The lease has passed, the worker is alive, and a reaper is there."""
    programs = {"worker": _worker(piece, attempt, gentle=True), "reaper": QUEUE.reap}
    finish, scripts = healthy(QUEUE.stream, QUEUE.group), {"reap": REAP}
    setup, faults = _one(attempt, idle=40), Faults(crash=1)
    return Scenario(programs, setup, finish, judge.FATES, faults=faults, scripts=scripts)


def _worker(piece: Piece, attempt: int, number: int = 1, *, again: bool = False, gentle: bool = False) -> Body:
    """It has run the job, in vain, and settles. `again`: if the connection is lost, it calls once more, and then it
    minds no exception. `gentle`: it never minds one."""

    async def worker(client: Client, world: Outside) -> None:
        own, note = apart(piece), noting(world)
        for first_time in (True, False):
            fields = job(number, attempt)
            try:
                await own(client, QUEUE.stream, QUEUE.group, _entry(number), fields, ERROR, 3)
            except Exception as error:
                if "of pipeline caused error" in str(error):  # in redis-py's words for a command that wasn't sent alone
                    note("in a pipeline")
                if first_time and again and isinstance(error, redis.exceptions.ConnectionError):
                    continue
                if first_time and not gentle:
                    raise
                note("objects", type(error).__name__)
            if fields != job(number, attempt):
                note("fields changed")
            return

    return worker


def _entry(number: int) -> str:
    """The id of its entry."""
    return f"1699999999000-{number + 1}"


async def _pending(redis: Client, consumer: str, jobs: dict[int, int]) -> None:
    """Add these jobs, {number: attempt}, and deliver them."""
    if not await redis.exists(QUEUE.stream):
        await QUEUE.create(redis)
    await QUEUE.add(redis, *(job(*one) for one in jobs.items()), ids=map(_entry, jobs))
    await QUEUE.deliver(redis, consumer, len(jobs))


def _one(attempt: int, idle: int = 0) -> Body:
    async def setup(redis: Client, world: Outside) -> None:
        await _pending(redis, "ann", {1: attempt})
        if idle:
            await asyncio.sleep(idle)

    return setup
