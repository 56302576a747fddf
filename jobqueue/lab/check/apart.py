"""Processes share nothing: each program of each schedule gets the learner's function with globals of its own."""

import functools
import pickle

import cloudpickle


def apart(piece):
    """A copy of `piece` that shares no global variable with any other: an asyncio.Lock or a count in one process guards
    nobody in the next, and what one schedule leaves behind must not reach another."""
    return pickle.loads(_pickled(piece))


@functools.lru_cache(maxsize=4)
def _pickled(piece) -> bytes:
    return cloudpickle.dumps(piece)
