"""The checker of `enqueue_job`: its cases. How what they find is named: `enqueue_names.py`."""

import asyncio
from functools import partial

from jobqueue.errors import QueueFullError
from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.checker import Case, Checker
from jobqueue.lab.check.enqueue_names import GROUP, STREAM, books, name, never_over
from jobqueue.lab.explorer import Faults, Program, Scenario

#: Seconds after which whatever a crash left behind (a lock, a reservation) must have expired.
AFTERWARDS = 300
#: Seconds a call may wait in an otherwise idle system.
PATIENCE = 120
#: What a mistyped name or a wrong call raises: a slip, not a choice of how to refuse.
SLIPS = (NameError, TypeError, AttributeError, KeyError, IndexError, AssertionError, NotImplementedError)


def check(function):
    """Try `async def enqueue_job(redis, stream, fields, capacity)` and name the bug that is in it.

    `redis` is an asyncio client with decode_responses=True, `stream` a name, `fields` a dict of strings, `capacity` the
    number of entries, waiting and pending together, that the stream may hold. It adds an entry with these fields and
    returns its id, as XADD does; or raises QueueFullError (from jobqueue; a bare message is enough), and nothing has
    been added, removed or changed. A job is settled by XACK + XDEL, and its place can then be used again.

    What is tried, each in all orders of commands:
    - the first job of all, on a stream that does not exist; five jobs for two places; one place left; no place left;
      a queue that already holds more than its capacity; nine jobs for ten places; 250 waiting jobs
    - places used again after jobs are settled, also when jobs were refused in between
    - two producers for one place, two for two, three for two; and a worker that settles meanwhile
    - with one place left and with none, a single fault anywhere: the producer crashes before a command; the reply of a
      command is lost; a command is refused because memory is full. 300 s later everything is settled, and the whole
      capacity must be usable (each call may take 120 s)
    - a producer that stands still for 30 s anywhere, beside another (worth a remark only)

    Going over the capacity, losing or trimming a job, refusing while there is room, and answering anything else than
    what happened are failures. A job added twice because a reply was lost is a remark.
    """
    return CHECKER(function)


def cases(piece):
    """From what is simple to what is rare."""
    alone = partial(_alone, piece)
    yield alone("first", "the first job of all", capacity=2)
    yield alone("flood", "five jobs, one after the other, for two places", capacity=2, jobs="ABCDE")
    yield _settling(piece, "settling", "places are used again after jobs are settled", refused=0)
    yield _settling(piece, "refusals", "the same, with jobs refused in between", refused=2)
    yield alone("one place", "one place left", capacity=3, waiting=1, pending=1)
    yield alone("full", "no place left: one job waits, two are being worked on", capacity=3, waiting=1, pending=2)
    yield alone("lowered", "a queue that already holds two more than its capacity", capacity=2, waiting=2, pending=2)
    yield alone("tenth", "nine jobs in the queue, and a tenth place", capacity=10, waiting=9)
    yield alone("long", "250 waiting jobs, and no place left", capacity=250, waiting=250)
    yield alone("long", "250 waiting jobs, and one place left", capacity=251, waiting=250)
    yield alone("watched", "no place left, watched at every instant", capacity=2, waiting=1, pending=1, watched=True)
    yield _race(piece, "two producers, one place", 2, waiting=1, pending=1, capacity=3)
    yield _race(piece, "two producers, two places", 2, waiting=1, pending=0, capacity=3)
    yield _beside_a_worker(piece)
    yield _faulty(piece, "one place left, and one fault", waiting=1, capacity=2)
    yield _faulty(piece, "no place left, and one fault", waiting=2, capacity=2)
    yield _race(piece, "three producers, two places", 3, waiting=0, pending=1, capacity=3, runs=150)
    yield _faulty(piece, "two producers, one place, and one fault", waiting=1, capacity=2, producers=2, runs=150)
    yield _standstill(piece)


def _case(kind, title, programs, capacity, waiting=0, pending=0, *, faults=None, finish=None, watched=False, room=None,
          runs=None):  # fmt: skip
    """`kind`: what the case is about, for the one who names what is found."""
    scenario = Scenario(
        {name: Program(body) for name, body in programs.items()},
        partial(_fill, waiting, pending),
        finish,
        [partial(books, capacity, room)],
        [partial(never_over, capacity)] if watched else [],
        faults or Faults(),
        title=title,
    )
    return Case(title, scenario, partial(name, kind), runs, steps=200)


def _alone(piece, kind, title, *, capacity, jobs="A", waiting=0, pending=0, watched=False):
    async def producer(redis, world):
        own = apart(piece)
        for at, job in enumerate(jobs):
            await _offer(own, redis, world, job, capacity, refusing=at >= room)

    room = max(0, capacity - waiting - pending)
    programs = {"producer": producer}
    return _case(kind, title, programs, capacity, waiting, pending, watched=watched, room=min(room, len(jobs)))


def _settling(piece, kind, title, refused):
    """Two places, taken again and again."""

    async def producer(redis, world):
        own = apart(piece)
        for job in "AB":
            await _offer(own, redis, world, job, 2)
        for job in "CDEF":
            for n in range(refused):
                await _offer(own, redis, world, f"{job}{n}", 2, refusing=True)
            await _settle_one(redis, world)
            await _offer(own, redis, world, job, 2)

    return _case(kind, title, {"producer": producer}, 2, room=6)


def _race(piece, title, producers, waiting, pending, capacity, runs=None):
    programs = _producers(piece, producers, capacity)
    room = min(producers, capacity - waiting - pending)
    return _case("race", title, programs, capacity, waiting, pending, watched=True, room=room, runs=runs)


def _beside_a_worker(piece):
    async def worker(redis, world):
        await _settle_one(redis, world)

    programs = {**_producers(piece, 1, 2), "worker": worker}
    return _case("worker", "a producer beside a worker that settles a job", programs, 2, 1, 1, watched=True)


def _faulty(piece, title, waiting, capacity, producers=1, runs=None):
    async def finish(redis, world):
        await asyncio.sleep(AFTERWARDS)
        await _settle_all(redis, world)
        own = apart(piece)
        for at in range(capacity):
            if not await _has_room(own, redis, world, f"later {at + 1}", capacity):
                break

    faults = Faults(crash=1, lose_reply=1, refuse_memory=1, total=1)
    programs = _producers(piece, producers, capacity)
    return _case("fault", title, programs, capacity, waiting, faults=faults, finish=finish, watched=True, runs=runs)


def _standstill(piece):
    programs = _producers(piece, 2, 2)
    title = "two producers, one place, and one of them stands still for 30 s"
    return _case("standstill", title, programs, 2, waiting=1, faults=Faults(pass_time=1), watched=True, runs=150)


def _producers(piece, number, capacity) -> dict:
    def program(job):
        async def producer(redis, world):
            await _offer(apart(piece), redis, world, job, capacity)

        return producer

    names = ["producer"] if number == 1 else [f"producer {at + 1}" for at in range(number)]
    return {name: program(job) for name, job in zip(names, "ABC", strict=False)}


async def _fill(waiting, pending, redis, world):
    """Jobs that are there already: the pending ones were delivered first."""
    if not waiting + pending:
        return
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    pipeline = redis.pipeline()
    for at in range(pending + waiting):
        pipeline.xadd(STREAM, {"id": f"{at + 1}", "task": "resize"})
    await pipeline.execute()
    if pending:
        await redis.xreadgroup(GROUP, "worker", {STREAM: ">"}, count=pending)


async def _offer(own, redis, world, job, capacity, refusing=False):
    """One call, and what it said. `refusing`: it should refuse, so whatever it raises is taken for its way to do so."""
    fields = {"id": job, "task": "resize"}
    note = noting(world)
    note("enqueue", job)
    try:
        answer = await own(redis, STREAM, fields, capacity)
    except Exception as error:
        if _is_refusal(error):
            note("refused", job)
            if not isinstance(error, QueueFullError):
                note("own class")
        elif refusing and not isinstance(error, SLIPS):
            note("refused as", job, f"{type(error).__name__}: {error}"[:80])
        else:
            raise
    else:
        kind, told = ("enqueued", answer) if isinstance(answer, str) else ("returned", repr(answer))
        note(kind, job, told)
    if fields != {"id": job, "task": "resize"}:
        note("fields changed", job)


def _is_refusal(error) -> bool:
    return any(kind.__name__ == QueueFullError.__name__ for kind in type(error).__mro__)


async def _has_room(own, redis, world, job, capacity) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await own(redis, STREAM, {"id": job}, capacity)
    except TimeoutError:
        world.record("no answer", job)
    except Exception as error:
        world.record("no room", job, type(error).__name__)
    else:
        return True
    return False


async def _settle_one(redis, world):
    await redis.xgroup_create(STREAM, GROUP, "0") if not await redis.xinfo_groups(STREAM) else None
    for _, entries in await redis.xreadgroup(GROUP, "worker", {STREAM: ">"}, count=1):
        await redis.pipeline().xack(STREAM, GROUP, entries[0][0]).xdel(STREAM, entries[0][0]).execute()
        world.record("settled", entries[0][1]["id"])


async def _settle_all(redis, world):
    """All jobs are done. What was there is noted, and so is the id of each."""
    for entry_id, fields in await redis.xrange(STREAM):
        world.record("found", fields.get("id"), entry_id)
    ids = [effect[2] for effect in world.effects if effect[0] == "found"]
    if ids:
        await redis.pipeline().xack(STREAM, GROUP, *ids).xdel(STREAM, *ids).execute()


CHECKER = Checker(
    "enqueue",
    "async def enqueue_job(redis, stream, fields, capacity)",
    cases,
    lesson="05-backpressure · Repair",
    counted="{schedules:,} schedules, {states:,} states, 0 over capacity, 0 lost",
)
