"""A tier that is filled and emptied again, and whether it admits one more job."""

from jobqueue import QueueFullError
from steps import HOUR, take


async def fill(queue, count, tier="low", **options):
    return [await queue.enqueue("task", n, priority=tier, **options) for n in range(count)]


async def settle(queue, count, tier="low"):
    """Have `count` jobs done."""
    jobs = await take(queue, tier=tier, count=count)
    replies, _ = await queue.transitions.complete("me", [(job, b"1") for job in jobs], HOUR)
    assert replies == [1] * count


async def depth(queue, tier="low"):
    counts = (await queue.snapshot()).tiers[tier]
    return counts.waiting + counts.pending + counts.delayed


async def admits(queue, tier="low", **options):
    try:
        await queue.enqueue("task", priority=tier, **options)
    except QueueFullError:
        return False
    return True


async def retried(queue, count):
    return (await queue.snapshot()).retried >= count


async def all_done(queue, count):
    return (await queue.snapshot()).done == count
