"""Processes share nothing: each program of each schedule gets the learner's function with globals of its own."""

import asyncio
import functools
import pickle
import uuid

from jobqueue.lab import pickles


def apart(piece):
    """A copy of `piece` that shares no global variable with any other: an asyncio.Lock or a count in one process guards
    nobody in the next, and what one schedule leaves behind must not reach another."""
    uuid.uuid1 = uuid.uuid4  # redis-py's Lock draws its token with it; the explorer holds only the latter still
    return pickle.loads(_pickled(piece))


@functools.lru_cache(maxsize=4)
def _pickled(piece) -> bytes:
    return pickles.dumps(piece)


def noting(world):
    """`world.record` for the program that calls this. What Python still runs of a crashed one, when it throws its
    coroutine away in the middle of another schedule, must note nothing there."""
    me = asyncio.current_task()

    def record(*effect) -> None:
        if asyncio.current_task() is me:
            world.record(*effect)

    return record
