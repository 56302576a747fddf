"""A queue whose jobs arrive faster than they can be done: measured for a while, and again with each bound."""

import asyncio
from typing import TYPE_CHECKING

from jobqueue.admission import Watermarks
from jobqueue.keys import Tier
from jobqueue.lab.recording.frame import WorldFrame

if TYPE_CHECKING:
    from jobqueue.lab.world import World


def depth(frame: WorldFrame, tier: Tier = "normal") -> int:
    """How many jobs of the tier there are: waiting, pending and delayed."""
    return frame.depth(tier)


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
