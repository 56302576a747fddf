"""The same bursts at a token bucket and at a leaky one: which jobs go on, and when."""

import asyncio
import math
import time
from typing import TYPE_CHECKING

from jobqueue.backpressure import LeakyBucket, TokenBucket
from jobqueue.errors import RateLimited
from jobqueue.queue import Queue, new_job_id

if TYPE_CHECKING:
    import pandas

#: Times as long as it takes a bucket to be as new.
PAUSE = 1.2


async def bursts(queue: Queue, rate: float, most: int, times: int = 2, size: int = 15) -> "pandas.DataFrame":
    """Ask both for `size` jobs at once, so many `times`; in between either could let `most` through, and some more.

    A row a job and bucket: `passes_s` is when it may go on, by its own clock, missing where it was refused.
    """
    import pandas

    name = new_job_id()  # new buckets each time, as nobody has used them
    buckets = {
        "token bucket": TokenBucket(queue, name, rate, most),
        "leaky bucket": LeakyBucket(queue, name, rate, most),
    }
    began, rows = time.monotonic(), []
    for turn in range(times):
        await asyncio.sleep(max(0.0, began + turn * PAUSE * most / rate - time.monotonic()))
        for kind, bucket in buckets.items():
            asked = time.monotonic() - began
            waits = await asyncio.gather(*(_ask(bucket) for _ in range(size)))
            rows += [(kind, asked, asked + wait) for wait in sorted(waits, key=lambda wait: (math.isnan(wait), wait))]
    return pandas.DataFrame(rows, columns=["bucket", "offered_s", "passes_s"])


async def _ask(bucket: TokenBucket | LeakyBucket) -> float:
    """Seconds to wait; NaN: refused."""
    try:
        return await bucket.take() or 0.0
    except RateLimited:
        return math.nan
