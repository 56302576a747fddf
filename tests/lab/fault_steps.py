"""Steps that the tests in faults/ share."""

import asyncio
import time


def handlers():
    """In a function, because what a module has at its top is sent by name."""

    async def nap(job):
        await asyncio.sleep(job.payload if isinstance(job.payload, float) else 0)
        return job.payload

    return {"nap": nap}


async def hired(world, count=1, **options):
    """Workers that have begun to fetch."""
    members = world.hire(count, **{"handlers": handlers()} | options)
    names = {member.name for member in members}

    def fetching(frame):
        return all(one.state in ("idle", "running") for one in frame.workers if one.name in names)

    await world.until(fetching)
    return members


async def run(world, payload=None, **options):
    """Have a job done; returns the seconds from its enqueue to its result."""
    began = time.monotonic()
    assert await world.queue.result(await world.queue.enqueue("nap", payload, **options), timeout=60) == payload
    return time.monotonic() - began


async def total(world, name):
    return int(await world.queue.redis.hget(world.queue.keys.totals, name) or 0)


def mark(world, label):
    """The one mark with this label."""
    (found,) = [mark for mark in world.recorder.marks if mark.label == label]
    return found
