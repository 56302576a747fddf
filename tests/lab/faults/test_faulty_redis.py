"""Faults of Redis itself."""

import asyncio

import psutil
import pytest
import redis

from fault_steps import hired, mark, run, total
from helpers import eventually_async
from jobqueue import ServerFull
from jobqueue.errors import BadSetting
from jobqueue.lab.world import World


async def test_a_killed_redis_that_comes_back_with_its_data_has_lost_no_job(world):
    await hired(world, 2)
    for _ in range(60):
        await world.queue.enqueue("nap", 0.05)
    await world.until(lambda frame: frame.done >= 10)
    await world.faults.kill_redis()
    with pytest.raises(redis.ConnectionError):
        await world.queue.redis.ping()
    down = await world.until(lambda frame: frame.redis == "down")
    assert down.accepted == 60
    assert await world.faults.restart_redis() == 0
    await world.until_done()
    assert await total(world, "done") == 60
    assert mark(world, "Redis killed").until > mark(world, "Redis killed").t
    assert not mark(world, "Redis restarts, with its data").fault


async def test_a_redis_restarted_empty_has_lost_its_jobs_and_it_is_said(world):
    (member,) = await hired(world, concurrency=2)
    for number in range(30):
        await world.queue.enqueue("nap", 30.0, job_id=f"old {number}")
    await world.until(lambda frame: frame.pending["normal"] == 2)
    assert await world.faults.restart_redis(keep=False) == 30
    assert await world.queue.job("old 0") is None
    assert await world.queue.lease() == world.lease  # not what a queue has that was never told
    assert mark(world, "30 jobs are gone with Redis's data").fault
    await world.until(lambda frame: frame.redis == "up" and frame.accepted == 0)
    await eventually_async(lambda: not member.process.poll() and said_lost(world) == 2)
    await run(world)
    assert await total(world, "accepted") == 1


def said_lost(world):
    return world.fleet.members["ada"].log.read_text(encoding="utf-8").count('"event":"lost"')


async def test_a_taught_policy_outlives_a_redis_that_was_restarted_empty(world):
    name = await world.teach(lambda heads: max(heads))
    await world.faults.restart_redis(keep=False)
    assert await world.queue.policy() == name


async def test_a_paused_redis_says_nothing_and_then_goes_on_by_itself(world):
    await hired(world)
    await world.faults.pause_redis(1.0)
    server = psutil.Process(world.sandbox.process.pid)
    await eventually_async(lambda: server.status() == psutil.STATUS_STOPPED)
    with pytest.raises(BadSetting, match="Redis is paused: wait until it goes on"):
        await world.faults.pause_redis(1.0)
    assert (await world.until(lambda frame: frame.redis != "up")).redis == "paused"
    assert await run(world) >= 0.4
    ended = mark(world, "Redis paused")
    assert ended.until - ended.t >= 0.98  # they are rounded
    assert (await world.until(lambda frame: frame.redis == "up")).done == 1


async def test_a_paused_redis_can_be_restarted(world):
    await world.faults.pause_redis(600)
    await world.faults.restart_redis()
    assert await world.queue.redis.ping()
    assert mark(world, "Redis paused").end < float("inf")


async def test_a_full_redis_refuses_jobs_and_settles_those_it_has(world):
    await hired(world, 2)
    for _ in range(20):
        await world.queue.enqueue("nap", 0.05)
    await world.faults.fill_memory()
    with pytest.raises(ServerFull, match="out of memory"):
        await world.queue.enqueue("nap")
    assert (await world.until_done()).done == 20
    with pytest.raises(ServerFull):  # also now: it is not by chance that there is no room
        await world.queue.enqueue("nap")
    await world.faults.free_memory()
    await run(world)
    assert mark(world, "Redis's memory full").until


async def test_a_restart_ends_what_was_done_to_redis(world):
    await world.faults.fill_memory()
    await world.faults.kill_redis()
    with pytest.raises(BadSetting, match=r"Redis is down: faults.restart_redis\(\) starts it again"):
        await world.faults.kill_redis()
    await world.faults.restart_redis()
    assert [mark.label for mark in world.recorder.marks if mark.lasts] == []
    await world.queue.enqueue("nap")


async def test_two_who_restart_it_at_once_restart_it_one_after_the_other(world):
    await asyncio.gather(*(world.faults.restart_redis() for _ in range(3)))
    assert await world.queue.redis.ping()


async def test_a_world_that_closes_during_a_restart_leaves_no_redis():
    before = psutil.Process().children()
    async with World() as world:
        restarts = [asyncio.create_task(world.faults.restart_redis()) for _ in range(2)]
        await asyncio.sleep(0)  # now the first is under way, and the second waits for it
    ends = await asyncio.gather(*restarts, return_exceptions=True)
    assert any("this world is closed" in str(end) for end in ends)
    with pytest.raises(BadSetting, match="this world is closed, and its Redis is gone"):
        await world.faults.restart_redis()
    assert psutil.Process().children() == before
