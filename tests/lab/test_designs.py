"""Five designs under the same faults: what the lesson's table says is what happens."""

import asyncio

import pytest

from jobqueue.lab.experiments.designs import DESIGNS, compare
from jobqueue.lab.experiments.price import STREAM, Meter, reaping
from jobqueue.lab.solutions.reaper import reap_stale_jobs
from jobqueue.lab.world import NothingToWaitFor, NotInTime, World


async def test_each_design_pays_in_its_own_coin():
    async with World() as world:
        table = await compare(world)
    assert list(table.index) == list(DESIGNS)
    assert list(table["gone_jobs"]) == [1, 0, 0, 0, 0]  # the one in the dead worker's hands, and nowhere else
    assert list(table["stuck_jobs"]) == [0, 1, 1, 0, 0]  # it's still in Redis, but no worker comes for it
    assert list(table["run_twice_jobs"]) == [0, 0, 0, 2, 2]  # that one, and the frozen worker's
    assert list(table["late_outcomes_jobs"]) == [0, 0, 0, 1, 0]  # only the fence discards what comes too late


async def test_a_meter_counts_what_is_sent():
    async with World() as world:
        redis = world.client()
        with Meter(redis) as meter:
            await redis.set("a", 1)
            await redis.eval("return redis.call('GET', KEYS[1])", 1, "a")
        assert meter.round_trips == 2 and meter.took_ms > 0
        await redis.get("a")
        assert meter.round_trips == 2


async def test_a_reaper_is_measured_with_what_it_left_undone():
    async def reads_one_page(redis, stream, group, stale_after_ms):
        for row in await redis.xpending_range(stream, group, "-", "+", 100, idle=stale_after_ms):
            await redis.xack(stream, group, row["message_id"])
            await redis.xdel(stream, row["message_id"])

    async with World() as world:
        table = await reaping(world.client(), {"wrong": reads_one_page, "right": reap_stale_jobs}, entries=150)
        assert not await world.client().exists(STREAM)
    assert list(table["left_pending_jobs"]) == [50, 0]
    assert list(table["gone_jobs"]) == [100, 0]


async def test_a_lesson_waits_for_an_answer():
    async with World() as world:
        redis = world.client()
        waiting = asyncio.create_task(world.when(lambda: redis.llen("outbox"), 2))
        await redis.rpush("outbox", "one")
        assert not waiting.done()
        await redis.rpush("outbox", "two")
        await waiting
        with pytest.raises(NotInTime, match=r"this didn't happen within 0[.]1 s; alive now: no worker"):
            await world.when(lambda: redis.llen("outbox"), 3, seconds=0.1)
        world.hire(1)
        world.kill()
        with pytest.raises(NothingToWaitFor, match="every worker is gone"):
            await world.when(lambda: redis.llen("outbox"), 3)
