"""Waiting for a result without asking again and again: the scripts publish which jobs have ended."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from jobqueue.errors import JobFailed
from jobqueue.server.subscription import Subscription
from jobqueue.status import ENDED, JobStatus

#: The most seconds a waiter sleeps before it looks for itself, because a cut subscription misses messages.
LOOK_AGAIN = 5.0


async def wait_for_result(
    job_id: str, endings: Subscription, look: Callable[[str], Awaitable[JobStatus | None]]
) -> Any:
    """Return the result of a job once it has ended. Raises JobFailed if it has none.

    The truth is in the job's hash, which `look` reads. `endings` only say when to look.
    """
    async with endings.waiting(job_id) as woken:
        while not endings.closed:
            woken.clear()
            status = await look(job_id)
            if status is None:
                raise JobFailed(f"job {job_id} is unknown, or ended longer ago than its result is kept")
            if status.state in ENDED:
                return status.get_result()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN):
                    await woken.wait()
    raise JobFailed(f"the queue was closed while job {job_id} was waited for")
