"""A stream to read, and perhaps another program that adds to it."""

from functools import partial

from jobqueue.explorer import Scenario
from jobqueue.lab.check.judge import first
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.read.judge import STREAM, answer, untouched
from jobqueue.lab.check.worlds import Body, Client, Outside, answering


async def writer(redis: Client, world: Outside) -> None:
    await redis.xadd(STREAM, {"letter": "late"})


def scenario(piece: Piece, count: int, after: int, other: Body | None = None) -> Scenario:
    """A stream of `count` entries, to be read after the one with the number `after`."""

    async def setup(redis: Client, world: Outside) -> None:
        for number in range(1, count + 1):
            await redis.xadd(STREAM, {"letter": number}, id=_id(number))

    programs = {"reader": answering(piece, STREAM, _id(after) if after else "0-0")} | (
        {"writer": other} if other else {}
    )
    return Scenario(programs, setup, invariants=[first("reader", untouched, partial(answer, after))])


def _id(number: int) -> str:
    """Three per millisecond. 9 and 10 lie between, and as texts they'd be sorted another way."""
    return f"{7 + number // 3}-{number % 3 + 8}"
