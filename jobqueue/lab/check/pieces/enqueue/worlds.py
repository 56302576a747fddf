"""The small worlds of a producer: queues with and without room, other producers, a worker, and faults."""

import asyncio
from collections.abc import Mapping
from functools import partial

from jobqueue.errors import QueueFullError
from jobqueue.explorer import Faults, Program, Scenario
from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.enqueue.judge import QUEUE, books, never_over
from jobqueue.lab.check.worlds import Body, Client, Outside

#: Seconds after which anything that a crash left behind (a lock, a reservation) must have expired.
AFTERWARDS = 300
#: Seconds a call may wait in an otherwise idle system.
PATIENCE = 120
#: The errors of a mistyped name or a wrong call: a slip, not a choice of how to refuse.
SLIPS = (NameError, TypeError, AttributeError, KeyError, IndexError, AssertionError, NotImplementedError)


def alone(
    piece: Piece, capacity: int, waiting: int = 0, pending: int = 0, *, jobs: str = "A", watched: bool = False
) -> Scenario:
    """One producer, and as many calls as `jobs` has letters."""
    room = max(0, capacity - waiting - pending)

    async def producer(redis: Client, world: Outside) -> None:
        own = apart(piece)
        for at, job in enumerate(jobs):
            await _offer(own, redis, world, job, capacity, refusing=at >= room)

    programs = {"producer": Program(producer)}
    return _scenario(programs, capacity, waiting, pending, room=min(room, len(jobs)), watched=watched)


def settling(piece: Piece, refused: int) -> Scenario:
    """Two places, taken again and again."""

    async def producer(redis: Client, world: Outside) -> None:
        own = apart(piece)
        for job in "AB":
            await _offer(own, redis, world, job, 2)
        for job in "CDEF":
            for n in range(refused):
                await _offer(own, redis, world, f"{job}{n}", 2, refusing=True)
            await _settle_one(redis, world)
            await _offer(own, redis, world, job, 2)

    return _scenario({"producer": Program(producer)}, 2, room=6)


def race(piece: Piece, producers: int, capacity: int, waiting: int, pending: int) -> Scenario:
    """Several producers at once."""
    programs, room = _producers(piece, producers, capacity), min(producers, capacity - waiting - pending)
    return _scenario(programs, capacity, waiting, pending, room=room, watched=True)


def with_a_worker(piece: Piece) -> Scenario:
    """A producer, and a worker that settles a job."""
    programs = _producers(piece, 1, 2) | {"worker": Program(_settle_one)}
    return _scenario(programs, 2, 1, 1, watched=True)


def faulty(piece: Piece, capacity: int, waiting: int, producers: int = 1) -> Scenario:
    """One fault; five minutes later everything is settled, and the whole capacity must be usable."""

    async def finish(redis: Client, world: Outside) -> None:
        await asyncio.sleep(AFTERWARDS)
        await _settle_all(redis, world)
        own = apart(piece)
        for at in range(capacity):
            if not await _has_room(own, redis, world, f"later {at + 1}", capacity):
                break

    faults = Faults(crash=1, lose_reply=1, refuse_memory=1, total=1)
    programs = _producers(piece, producers, capacity)
    return _scenario(programs, capacity, waiting, watched=True, finish=finish, faults=faults)


def standstill(piece: Piece) -> Scenario:
    """Two producers, one place, and 30 s that may pass anywhere."""
    return _scenario(_producers(piece, 2, 2), 2, 1, watched=True, faults=Faults(pass_time=1))


def _scenario(
    programs: Mapping[str, Program | Body],
    capacity: int,
    waiting: int = 0,
    pending: int = 0,
    *,
    room: int | None = None,
    watched: bool = False,
    finish: Body | None = None,
    faults: Faults | None = None,
) -> Scenario:
    """`room`: how many calls must be accepted, if that doesn't depend on the order. `watched`: at every instant."""
    setup, always = partial(_fill, waiting, pending), [partial(never_over, capacity)] if watched else []
    return Scenario(programs, setup, finish, [partial(books, capacity, room)], always, faults or Faults())


def _producers(piece: Piece, number: int, capacity: int) -> dict[str, Program | Body]:
    def program(job: str) -> Program:
        async def producer(redis: Client, world: Outside) -> None:
            await _offer(apart(piece), redis, world, job, capacity)

        return Program(producer)

    names = ["producer"] if number == 1 else [f"producer {at + 1}" for at in range(number)]
    return {name: program(job) for name, job in zip(names, "ABC", strict=False)}


async def _fill(waiting: int, pending: int, redis: Client, world: Outside) -> None:
    """Add the jobs that are there already: the pending ones are delivered first."""
    if waiting + pending:
        await QUEUE.create(redis)
        await QUEUE.add(redis, *({"id": f"{at + 1}", "task": "resize"} for at in range(pending + waiting)))
    if pending:
        await QUEUE.deliver(redis, "worker", pending)


async def _offer(own: Piece, redis: Client, world: Outside, job: str, capacity: int, *, refusing: bool = False) -> None:
    """Call once, and note the answer. `refusing`: it should refuse, so any error is taken for its way to do so."""
    fields = {"id": job, "task": "resize"}
    note = noting(world)
    note("enqueue", job)
    try:
        answer = await own(redis, QUEUE.stream, fields, capacity)
    except Exception as error:
        if any(kind.__name__ == QueueFullError.__name__ for kind in type(error).__mro__):
            note("refused", job)
            if not isinstance(error, QueueFullError):
                note("own class")
        elif refusing and not isinstance(error, SLIPS):
            note("refused as", job, f"{type(error).__name__}: {error}"[:80])
        else:
            raise
    else:
        note(*(("enqueued", job, str(answer)) if isinstance(answer, str) else ("returned", job, repr(answer))))
    if fields != {"id": job, "task": "resize"}:
        note("fields changed", job)


async def _has_room(own: Piece, redis: Client, world: Outside, job: str, capacity: int) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await own(redis, QUEUE.stream, {"id": job}, capacity)
    except TimeoutError:
        world.record("no answer", job)
    except Exception as error:
        world.record("no room", job, type(error).__name__)
    else:
        return True
    return False


async def _settle_one(redis: Client, world: Outside) -> None:
    if not await redis.xinfo_groups(QUEUE.stream):
        await redis.xgroup_create(QUEUE.stream, QUEUE.group, "0")
    for entry_id, fields in await QUEUE.deliver(redis, "worker"):
        await QUEUE.settle(redis, entry_id)
        world.record("settled", fields["id"])


async def _settle_all(redis: Client, world: Outside) -> None:
    """Settle all jobs, and note each with the id of its entry."""
    for entry_id, fields in await redis.xrange(QUEUE.stream):
        world.record("found", fields.get("id"), entry_id)
    ids = [effect[2] for effect in world.effects if effect[0] == "found"]
    if ids:
        await QUEUE.settle(redis, *ids)
