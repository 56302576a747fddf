"""The same bursts at a token bucket and at a leaky one: which jobs may go on, and when."""

import asyncio
import math
import time
from typing import TYPE_CHECKING

from jobqueue.errors import RateLimited
from jobqueue.job import new_job_id
from jobqueue.limiters import LeakyBucket, TokenBucket
from jobqueue.queue import Queue

if TYPE_CHECKING:
    import pandas

#: The pause between two bursts, in times that a bucket needs to recover completely.
PAUSE = 1.2


async def bursts(queue: Queue, rate: float, most: int, times: int = 2, size: int = 15) -> "pandas.DataFrame":
    """Ask both buckets for `size` jobs at once, `times` times, with enough time in between for them to recover.

    A row per job and bucket. `passes_s` is when the job may go on, by its own clock; it's missing if it was refused.
    """
    import pandas

    name = new_job_id()  # new buckets each time, because a used one isn't full
    buckets: dict[str, TokenBucket | LeakyBucket] = {
        "token bucket": TokenBucket(queue, name, rate, most),
        "leaky bucket": LeakyBucket(queue, name, rate, most),
    }
    began, rows = time.monotonic(), []
    for turn in range(times):
        if turn:  # from when the last bucket was asked, however long that took
            await asyncio.sleep(PAUSE * most / rate)
        for kind, bucket in buckets.items():
            asked = time.monotonic() - began
            waits = await asyncio.gather(*(_ask(bucket) for _ in range(size)))
            rows += [(kind, asked, asked + wait) for wait in sorted(waits, key=lambda wait: (math.isnan(wait), wait))]
    return pandas.DataFrame(rows, columns=["bucket", "offered_s", "passes_s"])


async def _ask(bucket: TokenBucket | LeakyBucket) -> float:
    """Seconds to wait, or NaN if refused."""
    try:
        return await bucket.take() or 0.0
    except RateLimited:
        return math.nan
