"""Five designs with the same jobs and the same faults at the same moments: jobs gone, stuck, run twice, and the price.

Every worker process works on all five at once, each with keys of its own. So one `kill -9` hits all designs in the same
instant, and one freeze is equally long for each.
"""

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis

from jobqueue.lab.experiments.handouts import DESIGNS, fill, work
from jobqueue.lab.experiments.price import Meter

if TYPE_CHECKING:
    import pandas

    from jobqueue.lab.world import World

#: The number of jobs; and at the learner's pace the seconds that each takes, and those of silence before it's reaped.
JOBS, JOB_SECONDS, STALE_SECONDS = 40, 0.4, 3.0

#: The workers: one is killed, one is frozen, and one stays well.
KILLED, FROZEN, WELL = "ada", "ben", "cleo"

#: Seconds that each of its waits may take, and it takes a few at most.
PATIENCE = 60.0

#: Seconds that a job takes at least, however hasty a test is, so that there's time to freeze a worker at work.
SHORTEST_JOB = 0.1


async def compare(world: "World") -> "pandas.DataFrame":
    """Run the same jobs under the same faults on every design, here and now; a row each.

    There are three workers; others of their names are killed first. One is killed while it holds a job of each design.
    Another is frozen for longer than the reaper waits, and thaws. In the end `gone_jobs` are in no place, `stuck_jobs`
    are in Redis without an outcome and no worker comes for them, and `late_outcomes_jobs` had a second outcome.
    """
    import pandas

    redis = world.client()
    for name in (KILLED, FROZEN, WELL):
        world.end(name)
    await _begin(redis, world)
    for name in (KILLED, FROZEN, WELL):
        world.spawn(work, name)
    async with world.waits.within(PATIENCE):
        while min((await _done(redis)).values()) < JOBS / 8:  # early, or a busy machine strikes when all is done
            await asyncio.sleep(0.02)
        for name in (KILLED, FROZEN):
            await _freeze_at_work(redis, world, name)
    world.kill(KILLED)
    await asyncio.sleep(world.pace(1.5 * STALE_SECONDS))  # longer than a reaper waits for a silent worker
    world.thaw(FROZEN)
    async with world.waits.within(PATIENCE):
        last = await _until_all_have_left(redis, world)
    rows = {key: await _row(redis, key, last[key]) for key in DESIGNS}
    return pandas.DataFrame.from_dict(rows, orient="index")


async def _begin(redis: Redis, world: "World") -> None:
    await redis.set("stale_ms", int(1000 * world.pace(STALE_SECONDS)))
    await redis.set("job_seconds", max(SHORTEST_JOB, world.pace(JOB_SECONDS)))
    for key in DESIGNS:
        await redis.delete(key, *(f"{key}:{part}" for part in ("outcomes", "began", "now", KILLED, FROZEN, WELL)))
        await fill(redis, key, JOBS)


async def _done(redis: Redis) -> dict[str, int]:
    return {key: await redis.hlen(f"{key}:outcomes") for key in DESIGNS}


async def _freeze_at_work(redis: Redis, world: "World", name: str) -> None:
    """Freeze a worker at a moment when it holds a job of every design."""
    while True:
        world.freeze(name)
        jobs = {key: await redis.hget(f"{key}:now", name) for key in DESIGNS}
        if not any([job is None or await redis.hexists(f"{key}:outcomes", job) for key, job in jobs.items()]):
            return
        world.thaw(name)
        await asyncio.sleep(0.005)


async def _until_all_have_left(redis: Redis, world: "World") -> dict[str, float]:
    """Wait for the remaining workers; returns when each design's last job was done, in seconds from now."""
    began, last, before = time.monotonic(), dict.fromkeys(DESIGNS, 0.0), await _done(redis)
    while any(world.fleet.members[name].alive for name in (FROZEN, WELL)):
        done = await _done(redis)
        last |= {key: time.monotonic() - began for key in DESIGNS if done[key] > before[key]}
        before = done
        await asyncio.sleep(0.02)
    return last


async def _row(redis: Redis, key: str, last: float) -> dict[str, float]:
    began = Counter({job: int(times) for job, times in (await redis.hgetall(f"{key}:began")).items()})
    outcomes = {job: int(times) for job, times in (await redis.hgetall(f"{key}:outcomes")).items()}
    left = await _left(redis, key)
    return {
        "gone_jobs": JOBS - len(left | outcomes.keys()),
        "stuck_jobs": len(left - outcomes.keys()),
        "run_twice_jobs": sum(times > 1 for times in began.values()),
        "late_outcomes_jobs": sum(times > 1 for times in outcomes.values()),
        "last_done_s": round(last, 2),
        "round_trips_per_job": round(await _round_trips(redis, key), 1),
    }


async def _left(redis: Redis, key: str) -> set[str]:
    """The jobs that are in Redis without being settled: waiting, pending, or on a worker's processing list."""
    if key.startswith("stream"):
        entries: Any = await redis.xrange(key)
        return {fields["job"] for _, fields in entries}
    lists = [key, *(f"{key}:{name}" for name in (KILLED, FROZEN, WELL))]
    jobs: Any = [job for name in lists for job in await redis.lrange(name, 0, -1)]
    return set(jobs)


async def _round_trips(redis: Redis, key: str, jobs: int = 50) -> float:
    """Round trips per job of one worker that no fault hits."""
    await redis.delete(key)
    await fill(redis, key, jobs)
    with Meter(redis) as meter:
        async for _, settle in DESIGNS[key](redis, "alone", key):
            await settle()
    return meter.round_trips / jobs
