"""A fresh start: an empty server is furnished for a world, and a world is made as good as new."""

from typing import TYPE_CHECKING

from jobqueue.keys import TIERS
from jobqueue.lab.fleet.members import Member
from jobqueue.queue import Queue

if TYPE_CHECKING:
    from jobqueue.lab.world.world import World


async def furnish(queue: Queue, lease: float, policy: str | None = None) -> None:
    """Make an empty server the world's: groups, lease and policy, and a record of every event."""
    await queue.open()
    await queue.set_lease(lease)
    await queue.set_policy(policy)
    await queue.record_events()


async def empty(queue: Queue) -> None:
    """Delete everything that a queue has in Redis. No worker may be busy with it."""
    if keys := [key async for key in queue.redis.scan_iter(match=queue.keys.prefix + "*", count=1000)]:
        await queue.redis.delete(*keys)


async def muster(world: "World", count: int) -> list[Member]:
    """Have `count` healthy workers, no load and a Redis that runs, so that a cell can be run again.

    Living workers stay if there are `count` of them, nothing is wrong with them and all jobs are settled. If not,
    they're killed, the rest of the queue is deleted, and others are hired.
    """
    world.require_open()
    world.traffic.stop()
    if {"down", "paused"} & set(world.faults.marks.of()):
        await world.faults.restart_redis(keep=True)
    living = world.fleet.alive
    settled = not (await world.queue.snapshot()).unsettled
    if settled and len(living) == count and all(one.is_well for one in living):
        return living
    for member in living:
        world.kill(member.name)
        # Or its last command may yet take a job of the new start.
        await world.fleet.network.tell(member.name, call="cut")
    if not settled:
        await empty(world.queue)
        await world.furnish()
    return world.hire(count) if count else []


async def clear(world: "World") -> None:
    """Stop all traffic and delete every job. Jobs that run now don't count. Workers, lease and policy stay."""
    world.require_open()
    world.traffic.stop()
    lease, policy = await world.queue.lease(), await world.queue.policy()
    await empty(world.queue)
    await world.furnish(lease, policy)
    world.recorder.mark("queue cleared", fault=False)


async def start_afresh(world: "World", count: int) -> None:
    """Have a world as it was at first: an empty queue without limits, and `count` new workers."""
    await muster(world, 0)
    if "full" in world.faults.marks.of():
        await world.faults.free_memory()
    for tier in TIERS:
        world.limit(tier, None)
    await empty(world.queue)
    await world.furnish()
    world.recorder.mark("started afresh", fault=False)
    world.hire(count)
