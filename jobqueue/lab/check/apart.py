"""Processes share nothing: each program of each schedule gets the learner's function with globals of its own."""

import asyncio
import functools
import pickle
from collections.abc import Callable

from jobqueue.explorer.engine.outside import Outside
from jobqueue.explorer.isolation import pickles
from jobqueue.lab.check.piece import Piece


def apart(piece: Piece) -> Piece:
    """Copy `piece`, so that it shares no global variable with another copy.

    An asyncio.Lock or a count in one process protects nothing in the next one, and a schedule must not see what an
    earlier one left behind.
    """
    copy: Piece = pickle.loads(_pickled(piece))
    return copy


@functools.lru_cache(maxsize=4)
def _pickled(piece: Piece) -> bytes:
    return pickles.dumps(piece)


def noting(world: Outside) -> Callable[..., None]:
    """Make a `world.record` for the program that calls this.

    Python may go on with a crashed program when it throws its coroutine away, in the middle of another schedule. It
    must note nothing there.
    """
    me = asyncio.current_task()

    def record(*effect: object) -> None:
        if asyncio.current_task() is me:
            world.record(*effect)

    return record
