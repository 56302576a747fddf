"""A worker made of the pieces that learners write: `my_queue()` gives them, and lesson 12 starts it."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from jobqueue.keys import GROUP
from jobqueue.lab.solutions import mini

Handle = Callable[[dict[str, str]], Awaitable[Any]]


async def work_with(pieces: SimpleNamespace, redis: Any, queue: str, name: str, handle: Handle, lease_ms: int) -> None:
    """Work forever: reap, pick a tier, run one of its jobs, and settle that job if it failed."""
    while True:
        for tier in mini.TIERS:
            await pieces.reap_stale_jobs(redis, f"{queue}:{tier}", GROUP, lease_ms)

        if not (waits := await mini.oldest(redis, queue)):  # how long each tier's first job has waited
            await asyncio.sleep(0.05)  # no job waits, so don't keep Redis busy
            continue

        stream = f"{queue}:{pieces.pick(waits)}"
        with contextlib.suppress(Exception):  # if the handler raises, the entry is still pending under our name
            await pieces.process_one(redis, stream, GROUP, name, handle)

        for row in await redis.xpending_range(stream, GROUP, "-", "+", 1, consumername=name):
            [(entry, fields)] = await redis.xrange(stream, row["message_id"], row["message_id"])
            await asyncio.sleep(pieces.backoff(int(fields["attempt"]), random.Random()))
            await pieces.settle_failure(redis, stream, GROUP, entry, fields, "it failed", 3)
