"""What a piece costs: time and round trips, measured on a stream of its own beside the lesson's."""

import math
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from redis.asyncio import Redis

from jobqueue.keys import GROUP

if TYPE_CHECKING:
    import pandas

STREAM = "price"


class Meter:
    """Counts the round trips of `redis` from now on, and the milliseconds that pass: one a command, one a pipeline."""

    def __init__(self, redis: Redis):
        self.redis, self.round_trips = redis, 0
        self._send, self._pipeline, self._began = redis.execute_command, redis.pipeline, time.perf_counter()

    def __enter__(self) -> "Meter":
        def pipeline(*args, **options):
            pipe = self._pipeline(*args, **options)
            pipe.immediate_execute_command = self._counted(pipe.immediate_execute_command)  # WATCH, and what it sees
            pipe.execute = self._counted(pipe.execute)
            return pipe

        self.redis.execute_command, self.redis.pipeline = self._counted(self._send), pipeline
        self._began = time.perf_counter()
        return self

    def __exit__(self, *exc) -> None:
        self.took_ms = 1000 * (time.perf_counter() - self._began)
        self.redis.execute_command, self.redis.pipeline = self._send, self._pipeline

    def _counted(self, send: Callable[..., Awaitable]) -> Callable[..., Awaitable]:
        async def counted(*args, **options):
            self.round_trips += 1
            return await send(*args, **options)

        return counted


async def reaping(redis: Redis, reapers: dict[str, Callable[..., Awaitable]], entries: int = 500) -> "pandas.DataFrame":
    """Have each of `reapers` (see check.reaper) reap so many stale entries; a row each, by its name.

    What it left pending, or lost, stands beside that: the price of a reaper that is wrong is not time.
    """
    import pandas

    rows = {}
    for name, reaper in reapers.items():
        await _strand(redis, entries)
        with Meter(redis) as meter:
            await reaper(redis, STREAM, GROUP, 0)
        pending = (await redis.xpending(STREAM, GROUP))["pending"]
        found = [fields["n"] for _, fields in await redis.xrange(STREAM)]
        rows[name] = {
            "took_ms": round(meter.took_ms, 1),
            "round_trips_an_entry": round(meter.round_trips / max(1, entries - pending), 2),
            "left_pending_jobs": pending,
            "lost_jobs": entries - len(set(found)),
        }
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(rows, orient="index")


async def enqueueing(
    redis: Redis, enqueues: dict[str, Callable[..., Awaitable]], jobs: int = 500, rounds: int = 5
) -> "pandas.DataFrame":
    """Have each of `enqueues` (see check.enqueue) add so many entries, all of which have room; a row each, by name.

    They take turns, and the time is that of the fastest round: whatever else the machine did, was not its fault.
    """
    import pandas

    rows = {name: {"took_us_a_job": math.inf, "round_trips_a_job": 0.0} for name in enqueues}
    for _ in range(rounds):
        for name, enqueue in enqueues.items():
            await redis.delete(STREAM)
            await enqueue(redis, STREAM, {"n": "first"}, jobs + 1)  # whoever loads a script, has loaded it
            with Meter(redis) as meter:
                for n in range(jobs // rounds):
                    await enqueue(redis, STREAM, {"n": str(n)}, jobs + 1)
            done = jobs // rounds
            took_us = min(rows[name]["took_us_a_job"], round(1000 * meter.took_ms / done))
            rows[name] = {"took_us_a_job": took_us, "round_trips_a_job": round(meter.round_trips / done, 2)}
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(rows, orient="index")


async def _strand(redis: Redis, entries: int) -> None:
    """So many entries, all pending under somebody who is gone."""
    await redis.delete(STREAM)
    await redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    async with redis.pipeline(transaction=False) as pipe:
        for n in range(entries):
            pipe.xadd(STREAM, {"n": n, "attempt": 1})
        await pipe.execute()
    await redis.xreadgroup(GROUP, "gone", {STREAM: ">"}, count=entries)


async def keeping(redis: Redis, entries: int) -> "pandas.DataFrame":
    """Add so many small entries to a list, and to a stream, one by one; and the memory that they take there."""
    import pandas

    ways = {
        "list": lambda n: redis.lpush(STREAM, f"letter {n}"),
        "stream": lambda n: redis.xadd(STREAM, {"letter": n}),
    }
    found = {}
    for name, add in ways.items():
        await redis.delete(STREAM)
        with Meter(redis) as meter:
            for n in range(entries // 10):
                await add(n)
        for n in range(entries // 10, entries, 100):  # the rest is only for the memory
            async with redis.pipeline(transaction=False) as pipe:
                for one in range(n, n + 100):
                    pipe.lpush(STREAM, f"letter {one}") if name == "list" else pipe.xadd(STREAM, {"letter": one})
                await pipe.execute()
        size = await redis.memory_usage(STREAM, samples=0)
        found[name] = {
            "took_ms_an_entry": round(meter.took_ms / (entries // 10), 3),
            "round_trips_an_entry": round(meter.round_trips / (entries // 10), 2),
            "bytes_an_entry": round(size / entries),
        }
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(found, orient="index")


async def looking(redis: Redis, rows: int) -> "pandas.DataFrame":
    """Look for orphans in a PEL of so many rows, none of them silent: all rows, or only those that Redis finds idle."""
    import pandas

    await _strand(redis, rows)
    found = {}
    for name, options in {"all rows, filtered here": {}, "filtered by Redis": {"idle": 3_600_000}}.items():
        with Meter(redis) as meter:
            sent = await redis.xpending_range(STREAM, GROUP, "-", "+", rows, **options)
        found[name] = {"took_ms": round(meter.took_ms, 1), "rows_sent": len(sent)}
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(found, orient="index")
