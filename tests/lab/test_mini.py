"""The mini: a whole queue in a file that one reads in ten minutes. It keeps the promises that learners' pieces keep."""

import asyncio
import os
import random
from itertools import count
from pathlib import Path

import pytest

from helpers import eventually_async
from jobqueue import QueueFullError
from jobqueue.explorer import Faults, Program, Scenario, explore, invariants
from jobqueue.lab import check
from jobqueue.lab.solutions import mini
from jobqueue.lab.world import World

PIECES = {
    "enqueue": mini.enqueue,
    "process": mini.run_one,
    "reaper": mini.reap,
    "settle_failure": mini.fail,
    "pick": mini.pick,
    "backoff": mini.backoff,
}
LEASE_MS = 1_000


def test_it_is_short():
    assert len(Path(mini.__file__).read_text(encoding="utf-8").splitlines()) <= 130


@pytest.mark.sampled(3)
@pytest.mark.parametrize("checker", PIECES)
async def test_its_pieces_pass_the_learners_checkers(checker):
    verdict = await getattr(check, checker)(PIECES[checker]).judge()
    assert verdict.ok, str(verdict)


async def empty(redis, world):
    await redis.xgroup_create("jobs", mini.GROUP, "0", mkstream=True)


async def producer(redis, world):
    world.record("enqueue", "7")
    await mini.enqueue(redis, "jobs", {"id": "7", "attempt": "1"}, capacity=1)
    world.record("enqueued", "7")


async def worker(redis, world):
    async def handle(fields):
        await world.step("ran", fields["id"])
        raise ValueError("it fails")

    if failed := await mini.run_one(redis, "jobs", mini.GROUP, world.name, handle):
        entry, fields, error = failed
        await mini.fail(redis, "jobs", mini.GROUP, entry, fields, repr(error), 2)


async def reaper(redis, world):
    await mini.reap(redis, "jobs", mini.GROUP)


async def test_in_no_order_with_any_fault_is_a_job_lost():
    programs = {"paul": Program(producer, may_raise=(QueueFullError,)), "wim": worker, "willa": worker, "rita": reaper}
    faults = Faults(crash=1, lose_reply=1, pass_time=1)
    life = Scenario(programs, empty, invariants.healthy("jobs", mini.GROUP), [invariants.nothing_lost], faults=faults)
    report = await explore(life, schedules=600)
    assert report.verdict == "holds within a bound", report
    assert report.schedules >= 600


async def serve(redis, name):
    async def handle(fields):
        if fields.get("kills"):
            os._exit(1)
        if fields.get("fails") == fields["attempt"]:
            raise ValueError("the service is down")
        await asyncio.sleep(0.02)
        await redis.hsetnx("done", fields["id"], name)

    await mini.serve(redis, "shop", name, handle, lease_ms=LEASE_MS)


async def depths(redis):
    return [await redis.xlen(f"shop:{tier}") for tier in mini.TIERS]


async def test_real_workers_that_are_killed_lose_nothing():
    rng, names = random.Random(7), map("worker-{}".format, count())
    async with World() as world:
        redis = world.client()
        for number in range(120):
            fields = {"id": str(number), "attempt": "1"} | ({"fails": "1"} if number % 40 == 0 else {})
            await mini.enqueue(redis, f"shop:{rng.choice(list(mini.TIERS))}", fields, 200)
        living = [world.spawn(serve, next(names)).name for _ in range(3)]
        for done in (20, 50, 80):
            await eventually_async(lambda done=done: at_least(redis, done))
            world.kill(living.pop(rng.randrange(3)))
            living.append(world.spawn(serve, next(names)).name)
        await eventually_async(lambda: at_least(redis, 120))
        await eventually_async(lambda: is_empty(redis))
        assert sorted(map(int, await redis.hkeys("done"))) == list(range(120))
        assert not await redis.exists(*(f"shop:{tier}:dead" for tier in mini.TIERS))


async def at_least(redis, number):
    return await redis.hlen("done") >= number


async def is_empty(redis):
    return await depths(redis) == [0, 0, 0]


@pytest.mark.slow
async def test_a_job_that_kills_its_workers_is_buried():
    async with World() as world:
        redis = world.client()
        await mini.enqueue(redis, "shop:low", {"id": "7", "attempt": "1", "kills": "1"}, 10)
        for number in range(mini.MAX_ATTEMPTS + 1):
            process = world.spawn(serve, f"worker-{number}")
            await eventually_async(lambda process=process: buried_or_dead(redis, process))
        await eventually_async(lambda: redis.xlen("shop:low:dead"))
        [(_, fields)] = await redis.xrange("shop:low:dead")
        assert (fields["attempt"], fields["error"]) == ("6", "RuntimeError('its last worker died')")
        assert await depths(redis) == [0, 0, 0]


async def buried_or_dead(redis, process):
    return not process.alive or await redis.xlen("shop:low:dead")
