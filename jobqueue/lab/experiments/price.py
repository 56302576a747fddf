"""The price of a piece: time and round trips, measured on a stream of its own."""

import math
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from jobqueue.keys import GROUP

if TYPE_CHECKING:
    import pandas

STREAM = "price"

#: A learner's piece, or another async function that sends commands.
Piece = Callable[..., Awaitable[Any]]


class Meter:
    """Counts the round trips of `redis`, one per command and one per pipeline, and the milliseconds that pass."""

    def __init__(self, redis: Redis):
        self.redis, self.round_trips = redis, 0
        self._send, self._pipeline, self._began = redis.execute_command, redis.pipeline, time.perf_counter()

    def __enter__(self) -> "Meter":
        def pipeline(*args: Any, **options: Any) -> Pipeline:
            pipe = self._pipeline(*args, **options)
            direct = self._counted(pipe.immediate_execute_command)  # WATCH, and reads after it
            vars(pipe).update(immediate_execute_command=direct, execute=self._counted(pipe.execute))
            return pipe

        vars(self.redis).update(execute_command=self._counted(self._send), pipeline=pipeline)
        self._began = time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        self.took_ms = 1000 * (time.perf_counter() - self._began)
        vars(self.redis).update(execute_command=self._send, pipeline=self._pipeline)

    def _counted(self, send: Piece) -> Piece:
        async def counted(*args: Any, **options: Any) -> Any:
            self.round_trips += 1
            return await send(*args, **options)

        return counted


async def reaping(redis: Redis, reapers: dict[str, Piece], entries: int = 500) -> "pandas.DataFrame":
    """Let each of `reapers` (see check.reaper) reap the same number of stale entries; a row each, by name.

    The table also says how many it left pending, and how many are gone, because the price of a wrong reaper isn't time.
    """
    import pandas

    prices = {}
    for name, reaper in reapers.items():
        await _strand(redis, entries)
        with Meter(redis) as meter:
            await reaper(redis, STREAM, GROUP, 0)
        pending = (await redis.xpending(STREAM, GROUP))["pending"]
        entries_left: Any = await redis.xrange(STREAM)
        prices[name] = {
            "took_ms": round(meter.took_ms, 1),
            "round_trips_per_entry": round(meter.round_trips / max(1, entries - pending), 2),
            "left_pending_jobs": pending,
            "gone_jobs": entries - len({fields["n"] for _, fields in entries_left}),
        }
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(prices, orient="index")


async def enqueueing(redis: Redis, enqueues: dict[str, Piece], jobs: int = 500, rounds: int = 5) -> "pandas.DataFrame":
    """Let each of `enqueues` (see check.enqueue) add the same number of entries, with room for all; a row each.

    They take turns, and the fastest round counts, because a slower one is due to other work on the machine.
    """
    import pandas

    prices = {name: {"took_us_per_job": math.inf, "round_trips_per_job": 0.0} for name in enqueues}
    for _ in range(rounds):
        for name, enqueue in enqueues.items():
            await redis.delete(STREAM)
            await enqueue(redis, STREAM, {"n": "first"}, jobs + 1)  # by now it has loaded its script
            with Meter(redis) as meter:
                for n in range(jobs // rounds):
                    await enqueue(redis, STREAM, {"n": str(n)}, jobs + 1)
            done = jobs // rounds
            took_us = min(prices[name]["took_us_per_job"], round(1000 * meter.took_ms / done))
            prices[name] = {"took_us_per_job": took_us, "round_trips_per_job": round(meter.round_trips / done, 2)}
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(prices, orient="index")


async def _strand(redis: Redis, entries: int) -> None:
    """Make a stream with this many entries, all pending under a worker that's gone."""
    await redis.delete(STREAM)
    await redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    async with redis.pipeline(transaction=False) as pipe:
        for n in range(entries):
            pipe.xadd(STREAM, {"n": n, "attempt": 1})
        await pipe.execute()
    await redis.xreadgroup(GROUP, "gone", {STREAM: ">"}, count=entries)


async def keeping(redis: Redis, entries: int) -> "pandas.DataFrame":
    """Add small entries one by one to a list and to a stream; returns time, round trips and memory per entry."""
    import pandas

    ways = {
        "list": lambda n: redis.lpush(STREAM, f"letter {n}"),
        "stream": lambda n: redis.xadd(STREAM, {"letter": n}),
    }
    prices = {}
    for name, add in ways.items():
        await redis.delete(STREAM)
        with Meter(redis) as meter:
            for n in range(entries // 10):
                await add(n)
        for n in range(entries // 10, entries, 100):  # the rest only counts for the memory
            async with redis.pipeline(transaction=False) as pipe:
                for one in range(n, n + 100):
                    pipe.lpush(STREAM, f"letter {one}") if name == "list" else pipe.xadd(STREAM, {"letter": one})
                await pipe.execute()
        size = await redis.memory_usage(STREAM, samples=0) or 0
        prices[name] = {
            "took_ms_per_entry": round(meter.took_ms / (entries // 10), 3),
            "round_trips_per_entry": round(meter.round_trips / (entries // 10), 2),
            "bytes_per_entry": round(size / entries),
        }
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(prices, orient="index")


async def looking(redis: Redis, rows: int) -> "pandas.DataFrame":
    """Look for orphans in a pending list with this many rows, none of them idle: get all rows, or let Redis filter."""
    import pandas

    await _strand(redis, rows)
    prices = {}
    for name, idle in {"all rows, filtered here": None, "filtered by Redis": 3_600_000}.items():
        with Meter(redis) as meter:
            sent = await redis.xpending_range(STREAM, GROUP, "-", "+", rows, idle=idle)
        prices[name] = {"took_ms": round(meter.took_ms, 1), "rows_sent": len(sent)}
    await redis.delete(STREAM)
    return pandas.DataFrame.from_dict(prices, orient="index")
