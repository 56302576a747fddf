"""What a worker's one step has to get right: alone, with nothing to do, with a failing handler, and while it dies."""

import asyncio
from collections import Counter

from jobqueue.lab.check.apart import apart
from jobqueue.lab.check.reaper_basics import job
from jobqueue.lab.check.story import entries, rows
from jobqueue.lab.explorer import Faults, Finding, Program, Scenario, View

STREAM, GROUP = "jobs:normal", "workers"
PATIENCE = 10  # seconds an empty queue may hold it up


class HandlerError(Exception):
    """What a handler raises in case 3."""


class NotTheFields(Exception):
    """What a handler raises that is called with something else."""


def two_waiting(piece) -> Scenario:
    """Job 1 is pending with ann, who works on it; jobs 2 and 3 wait. The names are not those of the lessons."""

    async def setup(redis, world):
        await redis.xgroup_create("orders", "crew", "0", mkstream=True)
        for number in ("1", "2", "3"):
            await redis.xadd("orders", job(number))
        await redis.xreadgroup("crew", "ann", {"orders": ">"}, count=1)

    async def worker(redis, world):
        await apart(piece)(redis, "orders", "crew", "bob", _handler(world))

    return Scenario({"worker": worker}, setup, invariants=[_one_processed], always=[_in_its_name])


def nothing_waiting(piece) -> Scenario:
    """A group with nothing to read."""

    async def setup(redis, world):
        await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)

    return Scenario({"worker": _worker(piece, "worker")}, setup, invariants=[_returns_soon])


def handler_raises(piece) -> Scenario:
    """One job waits, and fails."""

    async def worker(redis, world):
        async def handle(fields):
            await world.step("failed", fields["id"])
            raise HandlerError("the job failed")

        try:
            await apart(piece)(redis, STREAM, GROUP, "worker", handle)
        except Exception as error:
            if not _came_from_handler(error):
                raise

    return Scenario({"worker": worker}, _waiting("1"), invariants=[_left_pending])


def dying(piece) -> Scenario:
    """One job, one worker, one fault."""
    faults = Faults(crash=1, lose_reply=1, total=1)
    program = {"worker": _worker(piece, "worker")}
    return Scenario(program, _waiting("1"), _later(piece), [_accounted], faults=faults)


def two_workers(piece) -> Scenario:
    """Two jobs, two workers, no faults."""
    programs = {name: _worker(piece, name) for name in ("worker", "worker 2")}
    return Scenario(programs, _waiting("1", "2"), _later(piece), [_accounted])


def late(piece) -> Scenario:
    """One job, one worker, a healthy reaper that looks once; the lease passes somewhere."""

    worker = Program(_worker(piece, "worker"), may_raise=(Exception,))  # such as "I have lost my lease"
    programs = {"worker": worker, "reaper": _reap}
    faults = Faults(pass_time=1)
    scripts = {"reap": REAP}
    return Scenario(programs, _waiting("1"), _later(piece), [_accounted], faults=faults, scripts=scripts)


REAP = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', 30000, ARGV[2], ARGV[2], 1)[1]
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not row or not entry then return 0 end
redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


async def _reap(redis, world):
    """A healthy reaper, once."""
    for row in await redis.xpending_range(STREAM, GROUP, "-", "+", 10, idle=30_000):
        await redis.eval(REAP, 1, STREAM, GROUP, row["message_id"])


def _later(piece):
    """An hour later: a healthy reaper, and then the same worker, undisturbed."""

    async def finish(redis, world):
        await asyncio.sleep(3600)
        await _reap(redis, world)
        for _ in range(3):
            await apart(piece)(redis, STREAM, GROUP, "later", _handler(world))

    return finish


def _waiting(*numbers: str):
    async def setup(redis, world):
        await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
        for number in numbers:
            await redis.xadd(STREAM, job(number))

    return setup


def _worker(piece, name: str):
    async def worker(redis, world):
        await apart(piece)(redis, STREAM, GROUP, name, _handler(world))

    return worker


def _handler(world):
    """Its work is a step of its own. What it returns is nothing, as most handlers do."""

    async def handle(fields):
        number = fields.get("id") if isinstance(fields, dict) else None
        if number is None or fields != job(number):
            raise NotTheFields(f"handle takes the fields of one entry, as they are, and was given {fields!r}")
        await world.step("ran", number)

    return handle


def _came_from_handler(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(map(_came_from_handler, error.exceptions))
    return error is not None and (isinstance(error, HandlerError) or _came_from_handler(error.__cause__))


# Invariants. A lone worker that has not come to its end is not judged here.


def _in_its_name(view: View) -> list[Finding]:
    """Always: nobody but the two consumers there are has anything pending."""
    others = [row.consumer for row in rows(view.content, "orders", "crew") if row.consumer not in ("ann", "bob")]
    words = f"It was given the consumer `bob`, and reads as `{others[0]}`." if others else ""
    return [Finding("hard-coded-names", words)] if others else []


def _one_processed(view: View) -> list[Finding]:
    if view.outcomes["worker"] != "ended":
        return []
    ran = [effect[1] for effect in view.effects if effect[0] == "ran"]
    old = {fields["id"]: entry_id for entry_id, fields in entries(view.start, "orders").items()}
    pending = {row.id: row.consumer for row in rows(view.content, "orders", "crew")}
    group = view.content.streams["orders"].groups["crew"] if "orders" in view.content.streams else None
    delivered = [number for number in "23" if group and old[number] <= group.last_delivered]
    kept = entries(view.content, "orders")
    if ran and not delivered and pending.get(old["1"]) == "ann":
        return [Finding("reads-without-group", f"It runs job {ran[0]}, which was not delivered to it.")]
    if "1" in ran:
        return [Finding("takes-others", "It runs job 1, which was delivered to ann 0 s ago.")]
    if pending.get(old["1"]) != "ann":
        return [Finding("takes-others", "It removes job 1 from the PEL of ann, who is working on it.")]
    if {old["1"], old["3"]} - kept.keys() and "3" not in ran:
        return [Finding("trims-jobs", "Jobs that it has nothing to do with are gone from the stream.")]
    if not ran and not delivered:
        return [Finding("reads-nothing-new", "Two jobs wait, and it reads neither.")]
    if len(set(ran)) < len(ran):
        return [Finding("runs-twice", f"It runs job {ran[0]} {len(ran)} times.")]
    if len(delivered) > len(ran):
        left = next(number for number in delivered if number not in ran)
        where = "pending, and nobody works on it" if pending.get(old[left]) else "gone"
        kind = "reads-too-many" if ran else "never-handles"
        return [Finding(kind, f"It reads {len(delivered)} jobs and runs {len(ran)}: job {left} is {where}.")]
    if len(ran) > 1:
        return [Finding("reads-too-many", f"It reads and runs {len(ran)} jobs in one call.")]
    return (
        [Finding("not-acknowledged", f"Job {ran[0]} has run, and is still pending.")] if old[ran[0]] in pending else []
    )


def _returns_soon(view: View) -> list[Finding]:
    slow = view.outcomes["worker"] == "ended" and view.now > PATIENCE
    return [Finding("waits-too-long", f"With nothing to read, it returns after {view.now:g} s.")] if slow else []


def _left_pending(view: View) -> list[Finding]:
    if view.outcomes["worker"] != "ended" or ("failed", "1") not in view.effects:
        return []
    (old,) = entries(view.start, STREAM)
    pending = {row.id for row in rows(view.content, STREAM, GROUP)}
    if view.effects.count(("failed", "1")) > 1:
        return [Finding("retries-at-once", "The handler raises, and is called again at once.")]
    if old in pending and old in entries(view.content, STREAM):
        return []
    if old in pending:
        return [Finding("deletes-failure", "The handler raises, and the entry is deleted from the stream.")]
    elsewhere = any(fields.get("id") == "1" for name in view.content.streams for fields in _fields(view, name))
    kind = "requeues-failure" if elsewhere and old not in entries(view.content, STREAM) else "acks-failure"
    return [Finding(kind, "The handler raises, and the job does not stay pending.")]


def _fields(view: View, stream: str):
    return entries(view.content, stream).values()


def _accounted(view: View) -> list[Finding]:
    """Every job ran once."""
    ran = Counter(effect[1] for effect in view.effects if effect[0] == "ran")
    jobs = [fields["id"] for fields in _fields_at_start(view)]
    lost = [Finding("lost", f"job {number} never runs") for number in jobs if not ran[number]]
    return lost or [Finding("doubled", f"job {number} runs {ran[number]} times") for number in jobs if ran[number] > 1]


def _fields_at_start(view: View):
    return entries(view.start, STREAM).values()
