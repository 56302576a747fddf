"""What a worker's one step has to get right: alone, with nothing to do, with a failing handler, and while it dies."""

import asyncio

from jobqueue.lab.check import process_rules as rules
from jobqueue.lab.check.apart import apart
from jobqueue.lab.check.process_rules import GROUP, STREAM
from jobqueue.lab.check.reaper_basics import job
from jobqueue.lab.explorer import Faults, Program, Scenario


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

    return Scenario({"worker": worker}, setup, invariants=[rules.one_processed], always=[rules.in_its_name])


def nothing_waiting(piece) -> Scenario:
    """A group with nothing to read."""

    async def setup(redis, world):
        await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)

    return Scenario({"worker": _worker(piece, "worker")}, setup, invariants=[rules.returns_soon])


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

    return Scenario({"worker": worker}, _waiting("1"), invariants=[rules.left_pending])


def dying(piece) -> Scenario:
    """One job, one worker, one fault."""
    faults = Faults(crash=1, lose_reply=1, total=1)
    program = {"worker": _worker(piece, "worker")}
    return Scenario(program, _waiting("1"), _later(piece), [rules.accounted], faults=faults)


def two_workers(piece) -> Scenario:
    """Two jobs, two workers, no faults."""
    programs = {name: _worker(piece, name) for name in ("worker", "worker 2")}
    return Scenario(programs, _waiting("1", "2"), _later(piece), [rules.accounted])


def late(piece) -> Scenario:
    """One job, one worker, a healthy reaper that looks once; the lease passes somewhere."""

    worker = Program(_worker(piece, "worker"), may_raise=(Exception,))  # such as "I have lost my lease"
    programs = {"worker": worker, "reaper": _reap}
    faults = Faults(pass_time=1)
    scripts = {"reap": REAP}
    return Scenario(programs, _waiting("1"), _later(piece), [rules.accounted], faults=faults, scripts=scripts)


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
