"""Steps that the tests in fleet/ share."""

import asyncio
import os
import threading
import time

from jobqueue.keys import GROUP, TIERS


def handlers():
    """What a learner might write in a cell. (In a function, because what a module has at its top is sent by name.)"""

    async def nap(job):
        await asyncio.sleep(job.payload or 0)
        return job.payload

    def thread_nap(job):
        time.sleep(job.payload or 0)
        return threading.current_thread() is not threading.main_thread()

    is_open = os.path.exists

    async def gate(job):
        while not is_open(job.payload):
            await asyncio.sleep(0.01)

    def thread_gate(job):
        while not is_open(job.payload):
            time.sleep(0.01)

    return {"nap": nap, "thread_nap": thread_nap, "gate": gate, "thread_gate": thread_gate}


async def hired(world, count=1, **options):
    """Workers that have begun to fetch."""
    members = world.hire(count, **{"handlers": handlers()} | options)
    await world.until(lambda frame: all(state(frame, one.name) in ("idle", "running") for one in members))
    return members


def state(frame, name):
    return next((worker.state for worker in frame.workers if worker.name == name), None)


def faults(frame, name):
    return next(worker.faults for worker in frame.workers if worker.name == name)


async def held_by(world, name):
    """How many jobs are pending under this worker, by Redis's own account."""
    held = 0
    for tier in TIERS:
        rows = await world.queue.redis.xpending_range(world.queue.keys.stream(tier), GROUP, "-", "+", 1000, name)
        held += len(rows)
    return held
