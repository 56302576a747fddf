"""What more arrivals than can be done do to a queue: measured for a while, and again with each bound."""

import asyncio
from typing import TYPE_CHECKING

from jobqueue.backpressure import Watermarks
from jobqueue.keys import Tier

if TYPE_CHECKING:
    from jobqueue.lab.world import World


def depth(frame: dict, tier: Tier = "normal") -> int:
    """How many jobs of the tier there are: waiting, pending and delayed."""
    return sum(frame[place].get(tier, 0) for place in ("waiting", "pending", "delayed"))


async def measure(world: "World", seconds: float, tier: Tier = "normal") -> dict[str, float]:
    """What goes in, out and back, a second, for so many seconds from now; and depth and oldest wait at their end."""
    before = await world.recorder.next()
    await asyncio.sleep(seconds)
    after = await world.recorder.next()
    grown = {name: after[name] - before[name] for name in ("accepted", "refused", "done")}
    grown = {name: count / (after["t"] - before["t"]) for name, count in grown.items()}
    return {
        "offered_jobs_per_s": round(grown["accepted"] + grown["refused"]),
        "refused_jobs_per_s": round(grown["refused"]),
        "done_jobs_per_s": round(grown["done"]),
        "depth_jobs": depth(after, tier),
        "oldest_wait_s": max(0.0, round(after["oldest"][tier], 1)),
    }


async def bounded(
    world: "World", capacity: int | Watermarks, seconds: float, tier: Tier = "normal"
) -> dict[str, float]:
    """Bound the tier, wait until it is full and refuses, and then `measure` for so many seconds."""
    world.limit(tier, capacity)
    _, high = world.recorder.capacity[tier]
    world.recorder.mark(f"bound {high:,}", fault=False)
    # What was on its way when the bound changed may still be refused by the one before: that does not count.
    await world.until(lambda frame: depth(frame, tier) >= high / 2, alone=True)
    before = world.recorder.refused
    await world.until(lambda frame: frame["refused"] > before and depth(frame, tier) <= high, alone=True)
    return await measure(world, seconds, tier)
