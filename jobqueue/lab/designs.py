"""Five ways to hand out the same jobs, under the same faults at the same moments: what each loses, repeats and costs.

Every worker process works on all five at once, each on keys of its own. So one `kill -9` strikes all designs in the
same instant, and one freeze lasts equally long for each.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from redis.asyncio import Redis

from jobqueue.keys import GROUP
from jobqueue.lab.price import Meter
from jobqueue.lab.solutions.reaper import reap_stale_jobs

if TYPE_CHECKING:
    import pandas

    from jobqueue.lab.world import World

#: How many jobs, and at the learner's pace the seconds each takes, and those of silence after which one is reaped.
JOBS, JOB_SECONDS, STALE_SECONDS = 40, 0.4, 3.0

#: Takes a client, the worker's name and a key; gives out (job, settle), where `await settle()` records the outcome.
Design = Callable[[Redis, str, str], AsyncIterator[tuple[str, Callable[[], Awaitable]]]]


async def pop(redis: Redis, name: str, key: str):
    """A list and RPOP: whoever takes a job has the only copy."""
    while job := await redis.rpop(key):
        yield job, lambda job=job: redis.hincrby(f"{key}:outcomes", job)


async def processing_list(redis: Redis, name: str, key: str):
    """A list, and a second one of what is being done: LMOVE, then LREM. Nobody looks into the second."""
    mine = f"{key}:{name}"

    async def settle(job):
        await redis.hincrby(f"{key}:outcomes", job)
        await redis.lrem(mine, 1, job)

    while job := await redis.lmove(key, mine, "RIGHT", "LEFT"):
        yield job, lambda job=job: settle(job)


async def stream(redis: Redis, name: str, key: str):
    """A stream and a consumer group; no reaper."""
    async for job, entry in _read(redis, name, key):
        yield job, lambda job=job, entry=entry: _settle(redis, key, job, entry)


async def stream_and_reaper(redis: Redis, name: str, key: str):
    """The same, and what is silent for too long is given to somebody else: `work` has a reaper run beside it."""
    async for job, entry in _read_till_all_is_settled(redis, name, key):
        yield job, lambda job=job, entry=entry: _settle(redis, key, job, entry)


async def stream_reaper_and_fence(redis: Redis, name: str, key: str):
    """The same, and an outcome counts only while its entry is pending under its worker: its id is the fencing token."""
    settle = redis.register_script(SETTLE_IF_MINE)
    async for job, entry in _read_till_all_is_settled(redis, name, key):
        yield job, lambda job=job, entry=entry: settle([key, f"{key}:outcomes"], [GROUP, entry, name, job])


SETTLE_IF_MINE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1, ARGV[3]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[2], ARGV[4], 1)
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""

DESIGNS: dict[str, Design] = {
    "list + RPOP": pop,
    "list + processing list": processing_list,
    "stream, no reaper": stream,
    "stream + reaper": stream_and_reaper,
    "stream + reaper + fence": stream_reaper_and_fence,
}


async def _read(redis: Redis, name: str, key: str):
    while found := await redis.xreadgroup(GROUP, name, {key: ">"}, count=1):
        [(entry, fields)] = found[0][1]
        yield fields["job"], entry


async def _read_till_all_is_settled(redis: Redis, name: str, key: str):
    while await redis.xlen(key):  # something waits, or is pending
        async for job, entry in _read(redis, name, key):
            yield job, entry
        await asyncio.sleep(0.02)


async def _reap_for_ever(redis: Redis, key: str) -> None:
    while True:
        await reap_stale_jobs(redis, key, GROUP, int(await redis.get("stale_ms")))
        await asyncio.sleep(0.05)


async def _settle(redis: Redis, key: str, job: str, entry: str) -> None:
    await redis.hincrby(f"{key}:outcomes", job)
    await redis.xack(key, GROUP, entry)
    await redis.xdel(key, entry)


async def work(redis: Redis, name: str) -> None:
    """What a worker process runs: one worker of each design."""
    seconds = float(await redis.get("job_seconds"))

    async def serve(key: str, design: Design) -> None:
        reaper = asyncio.create_task(_reap_for_ever(redis, key)) if "+ reaper" in key else None
        async for job, settle in design(redis, name, key):
            await redis.hincrby(f"{key}:began", job)
            await redis.hset(f"{key}:now", name, job)  # last: who reads it there may count on the other
            await asyncio.sleep(seconds)
            await settle()
        if reaper:
            reaper.cancel()

    async with asyncio.TaskGroup() as all_designs:
        for key, design in DESIGNS.items():
            all_designs.create_task(serve(key, design))


async def compare(world: "World") -> "pandas.DataFrame":
    """The same workload and the same faults on every design, here and now; a row each.

    Three workers. One is killed with a job of each design in its hands; a second is frozen for longer than the reaper's
    patience, and thaws. `lost_jobs` never had an outcome, `late_outcomes_jobs` had a second one.
    """
    import pandas

    redis = world.client()
    await _begin(redis, world)
    for name in ("uma", "vic", "wes"):
        world.spawn(work, name)
    while min((await _done(redis)).values()) < JOBS / 4:
        await asyncio.sleep(0.02)
    for name in ("uma", "vic"):
        await _freeze_at_work(redis, world, name)
    world.kill("uma")
    await asyncio.sleep(world.pace(1.5 * STALE_SECONDS))  # for longer than anybody waits for a silent worker
    world.thaw("vic")
    last = await _until_all_have_left(redis, world)
    rows = {key: await _row(redis, key, last[key]) for key in DESIGNS}
    return pandas.DataFrame.from_dict(rows, orient="index")


async def _begin(redis: Redis, world: "World") -> None:
    await redis.set("stale_ms", int(1000 * world.pace(STALE_SECONDS)))
    await redis.set("job_seconds", world.pace(JOB_SECONDS))
    for key in DESIGNS:
        await redis.delete(key, f"{key}:outcomes", f"{key}:began", f"{key}:now")
        await _fill(redis, key, JOBS)


async def _fill(redis: Redis, key: str, jobs: int) -> None:
    if key.startswith("list"):
        await redis.lpush(key, *range(jobs))
        return
    await redis.xgroup_create(key, GROUP, id="0", mkstream=True)
    for job in range(jobs):
        await redis.xadd(key, {"job": job, "attempt": 1})


async def _done(redis: Redis) -> dict[str, int]:
    return {key: await redis.hlen(f"{key}:outcomes") for key in DESIGNS}


async def _freeze_at_work(redis: Redis, world: "World", name: str) -> None:
    """Freeze a worker at a moment at which it has a job of every design in its hands."""
    while True:
        world.freeze(name)
        jobs = {key: await redis.hget(f"{key}:now", name) for key in DESIGNS}
        if not any([job is None or await redis.hexists(f"{key}:outcomes", job) for key, job in jobs.items()]):
            return
        world.thaw(name)
        await asyncio.sleep(0.005)


async def _until_all_have_left(redis: Redis, world: "World") -> dict[str, float]:
    """Wait for the workers that are left; returns when the last job of each design was done, in seconds from now."""
    began, last, before = time.monotonic(), dict.fromkeys(DESIGNS, 0.0), await _done(redis)
    while any(world.fleet.members[name].alive for name in ("vic", "wes")):
        done = await _done(redis)
        last |= {key: time.monotonic() - began for key in DESIGNS if done[key] > before[key]}
        before = done
        await asyncio.sleep(0.02)
    return last


async def _row(redis: Redis, key: str, last: float) -> dict:
    began = Counter({job: int(times) for job, times in (await redis.hgetall(f"{key}:began")).items()})
    outcomes = {job: int(times) for job, times in (await redis.hgetall(f"{key}:outcomes")).items()}
    return {
        "lost_jobs": JOBS - len(outcomes),
        "run_twice_jobs": sum(times > 1 for times in began.values()),
        "late_outcomes_jobs": sum(times > 1 for times in outcomes.values()),
        "last_done_s": round(last, 2),
        "round_trips_a_job": round(await _round_trips(redis, key), 1),
    }


async def _round_trips(redis: Redis, key: str, jobs: int = 50) -> float:
    """Those of one worker that nothing happens to."""
    await redis.delete(key)
    await _fill(redis, key, jobs)
    with Meter(redis) as meter:
        async for _, settle in DESIGNS[key](redis, "alone", key):
            await settle()
    return meter.round_trips / jobs
