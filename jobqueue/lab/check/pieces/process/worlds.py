"""A worker's one step: alone, with nothing to do, with a handler that fails, and while the worker dies."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from jobqueue.explorer import Faults, Program, Scenario
from jobqueue.lab.check.apart import apart
from jobqueue.lab.check.judge import accounted, first
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.process import judge
from jobqueue.lab.check.pieces.process.judge import OTHER, QUEUE
from jobqueue.lab.check.worlds import REAP, Body, Client, Fields, Outside, SmallQueue, delivered, job


class HandlerError(Exception):
    """The error of a handler whose job fails."""


class NotTheFields(Exception):
    """The error of a handler that's called with something else than the fields."""


def two_waiting(piece: Piece) -> Scenario:
    """Job 1 is pending with ann, who works on it; jobs 2 and 3 wait."""

    async def setup(redis: Client, world: Outside) -> None:
        await OTHER.create(redis)
        await OTHER.add(redis, *map(job, "123"))
        await OTHER.deliver(redis, "ann")

    programs = {"worker": _worker(piece, "bob", OTHER)}
    return Scenario(
        programs, setup, invariants=[first("worker", judge.others_kept, judge.one_run)], always=[judge.in_its_name]
    )


def nothing_waiting(piece: Piece) -> Scenario:
    """A group with nothing to read. ann has been working on job 1 for 5 s."""
    programs = {"worker": _worker(piece)}
    setup = delivered(QUEUE, job(1), idle=5)
    return Scenario(programs, setup, invariants=[first("worker", judge.anns_kept, judge.returns_soon)])


def many_attempts(piece: Piece) -> Scenario:
    """One job waits, for its 27th attempt."""
    return Scenario(
        {"worker": _worker(piece)}, _waiting("1", attempt=27), invariants=[first("worker", judge.not_given_up)]
    )


def slow_handler(piece: Piece) -> Scenario:
    """One job waits, and takes 100 s."""

    async def worker(redis: Client, world: Outside) -> None:
        async def handle(fields: Fields) -> None:
            await asyncio.sleep(100)
            world.record("ran", fields["id"])

        await apart(piece)(redis, QUEUE.stream, QUEUE.group, "worker", handle)

    programs = {"worker": Program(worker, may_raise=(Exception,))}  # such as "my job takes too long"
    return Scenario(programs, _waiting("1"), invariants=[judge.not_cut_short])


def handler_raises(piece: Piece) -> Scenario:
    """One job waits, and fails."""

    async def worker(redis: Client, world: Outside) -> None:
        async def handle(fields: Fields) -> None:
            await world.step("failed", fields["id"])
            raise HandlerError("the job failed")

        try:
            await apart(piece)(redis, QUEUE.stream, QUEUE.group, "worker", handle)
        except Exception as error:
            if not _came_from_handler(error):
                raise

    return Scenario({"worker": worker}, _waiting("1"), invariants=[first("worker", judge.left_pending)])


def dying(piece: Piece) -> Scenario:
    """One job, one worker, one fault."""
    return _with_later(piece, {"worker": _worker(piece)}, Faults(crash=1, lose_reply=1, total=1))


def two_workers(piece: Piece) -> Scenario:
    """Two jobs, two workers, no faults."""
    return _with_later(piece, {name: _worker(piece, name) for name in ("worker", "worker 2")}, Faults(), "12")


def late(piece: Piece) -> Scenario:
    """One job, one worker, a healthy reaper that looks once; the lease passes somewhere."""
    worker = Program(_worker(piece), may_raise=(Exception,))  # such as "I have lost my lease"
    return _with_later(piece, {"worker": worker, "reaper": QUEUE.reap}, Faults(pass_time=1))


def _with_later(piece: Piece, programs: Mapping[str, Program | Body], faults: Faults, jobs: str = "1") -> Scenario:
    """An hour later come a healthy reaper, and then the same worker, undisturbed."""

    async def finish(redis: Client, world: Outside) -> None:
        await asyncio.sleep(3600)
        await QUEUE.reap(redis, world)
        for _ in range(3):
            await _worker(piece, "later")(redis, world)

    return Scenario(
        programs, _waiting(*jobs), finish, invariants=[accounted(QUEUE)], faults=faults, scripts={"reap": REAP}
    )


def _waiting(*numbers: str, attempt: int = 1) -> Body:
    async def setup(redis: Client, world: Outside) -> None:
        await QUEUE.create(redis)
        await QUEUE.add(redis, *(job(number, attempt) for number in numbers))

    return setup


def _worker(piece: Piece, name: str = "worker", queue: SmallQueue = QUEUE) -> Body:
    async def worker(redis: Client, world: Outside) -> None:
        await apart(piece)(redis, queue.stream, queue.group, name, _handler(world))

    return worker


def _handler(world: Outside) -> Callable[[object], Awaitable[None]]:
    """Its work is a step of its own. It returns nothing, as most handlers do."""

    async def handle(fields: object) -> None:
        if not isinstance(fields, dict) or fields != job(fields.get("id"), fields.get("attempt")):
            raise NotTheFields(f"Your function calls `handle` with {fields!r}, and not with the fields of one entry")
        await world.step("ran", fields["id"])

    return handle


def _came_from_handler(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(map(_came_from_handler, error.exceptions))
    return error is not None and (isinstance(error, HandlerError) or _came_from_handler(error.__cause__))
