"""A queue whose jobs arrive faster than they can be done: measured for a while, and again with each bound."""

import asyncio
from typing import TYPE_CHECKING

from jobqueue.admission import Watermarks
from jobqueue.keys import Tier
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.traffic.arrivals import steady

if TYPE_CHECKING:
    from jobqueue.lab.world import World


def depth(frame: WorldFrame, tier: Tier = "normal") -> int:
    """How many jobs of the tier there are: waiting, pending and delayed."""
    return frame.depth(tier)


async def run(
    world: "World", capacity: int | Watermarks | None = None, *, rate: float = 150, seconds: float = 5.0
) -> dict[str, float]:
    """Offer `rate` jobs per second to an empty queue, and `measure` it; if it's bounded, once it's full.

    Each job takes a tenth of a second. Seconds are a learner's. The last jobs may still be waiting when it returns, but
    no more arrive.
    """
    second = world.pace(1)
    world.traffic.stop()
    world.limit("normal", None)
    await world.until(lambda frame: not depth(frame))  # jobs of an earlier or interrupted run end first
    world.recorder.mark(f"{rate:g} jobs/s", fault=False)
    load = world.load(steady(rate / second), "sleep", {"seconds": 0.1 * second})
    try:
        if capacity is None:
            return _at_learners_pace(await measure(world, seconds * second), second)
        return _at_learners_pace(await bounded(world, capacity, seconds * second), second)
    finally:
        load.stop()


def _at_learners_pace(row: dict[str, float], second: float) -> dict[str, float]:
    jobs = {name: round(number * second) for name, number in row.items() if name.endswith("_jobs_per_s")}
    return row | jobs | {"oldest_wait_s": round(row["oldest_wait_s"] / second, 1)}


async def measure(world: "World", seconds: float, tier: Tier = "normal") -> dict[str, float]:
    """Measure arrivals, refusals and finished jobs per second from now on, and depth and oldest wait at the end."""
    before = await world.recorder.next()
    await asyncio.sleep(seconds)
    after = await world.recorder.next()
    span = after.t - before.t
    grown = {name: (after.counts[name] - before.counts[name]) / span for name in ("accepted", "refused", "done")}
    return {
        "offered_jobs_per_s": round(grown["accepted"] + grown["refused"]),
        "refused_jobs_per_s": round(grown["refused"]),
        "done_jobs_per_s": round(grown["done"]),
        "depth_jobs": depth(after, tier),
        "oldest_wait_s": max(0.0, round(after.oldest[tier], 1)),
    }


async def bounded(
    world: "World", capacity: int | Watermarks, seconds: float, tier: Tier = "normal"
) -> dict[str, float]:
    """Bound the tier, wait until it's full and refuses jobs, and then `measure` for `seconds`."""
    world.limit(tier, capacity)
    _, high = world.recorder.capacity[tier]
    world.recorder.mark(f"bound {high:,}", fault=False)
    # Jobs that were on their way when the bound changed may still be refused by the old one. They don't count.
    await world.until(lambda frame: depth(frame, tier) >= high / 2, alone=True)
    before = world.recorder.refused
    await world.until(lambda frame: frame.refused > before and depth(frame, tier) <= high, alone=True)
    return await measure(world, seconds, tier)
