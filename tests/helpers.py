"""Waiting for what is true in the end, instead of sleeping and hoping."""

import asyncio
import inspect
import time

PAUSE = 0.01


def eventually(predicate, timeout=10.0):
    """Call `predicate` until what it returns is true, and return that; AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := predicate()):
        assert time.monotonic() < deadline, f"still {found!r} after {timeout} s"
        time.sleep(PAUSE)
    return found


async def eventually_async(predicate, timeout=10.0):
    """The same for a `predicate` that may be async, letting the event loop run in between."""
    deadline = time.monotonic() + timeout
    while not (found := await _value(predicate())):
        assert time.monotonic() < deadline, f"still {found!r} after {timeout} s"
        await asyncio.sleep(PAUSE)
    return found


async def _value(result):
    return await result if inspect.isawaitable(result) else result
