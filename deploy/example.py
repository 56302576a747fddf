"""Handlers to try a deployment with: `jobqueue enqueue double 21` gives 42."""

import asyncio

from jobqueue import Job


def double(job: Job) -> int:
    return 2 * job.payload


async def wait(job: Job) -> None:
    """Take as many seconds as the payload says."""
    await asyncio.sleep(job.payload)


HANDLERS = {"double": double, "wait": wait}
