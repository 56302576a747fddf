"""Is a job lost when its worker is killed or told to stop, when its connection is cut, when Redis is restarted?"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from jobqueue.lab.interrogate.answer import Trial
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.question import listed, question, seconds
from jobqueue.lab.interrogate.stage import START, Stage
from jobqueue.lab.interrogate.supervisor import Supervisor
from jobqueue.lab.proxy import Proxy

#: Seconds that Redis is away.
OUTAGE = 1.0

#: Seconds a worker is given to end by itself, before it is killed.
GRACE = 15.0

#: Seconds between two looks at whether there is still a trace of a job, or at the dead.
LOOK = 3.0

LONG = "the-long-job"


@question("Its worker is killed with kill -9. Is the job run again?")
async def killed(stage: Stage, within: float) -> Trial:
    """yes: it starts again. given up: it is kept as failed instead. lost: no trace of it is left in Redis. not within:
    none of these, in that time."""
    return await _kill_at_work(stage, within, await stage.hire_warm())


@question("The same, and the job had waited before that worker started. Is it run again?")
async def killed_first(stage: Stage, within: float) -> Trial:
    """As for `killed`. What a worker does at its start, it does beside its first jobs."""
    return await _kill_at_work(stage, within, None)


@question("It is told to stop (SIGTERM) in the middle of a job. What becomes of the job?")
async def stopped(stage: Stage, within: float) -> Trial:
    """finished: the worker ends when the job has. yes: it is run again, by the next worker. Others: as for `killed`."""
    worker = await stage.hire_warm()
    await stage.enqueue([(LONG, "sleep", 3.0)])
    await _begun(stage)
    worker.terminate()
    stage.note("SIGTERM")
    left = await stage.until(lambda: not worker.alive, GRACE)
    stage.note("it has ended" if left else f"it runs on, {GRACE:g} s later")
    stage.kill(worker)
    if LONG in stage.ran():
        return Trial("finished", "" if left else "but the worker runs on")
    async with stage.trickle():
        stage.hire()
        return await _again(stage, within)


@question("Its connections are cut in the middle of its work, three times. Does every job run?", concurrency=2)
async def cut(stage: Stage, within: float) -> Trial:
    """yes: all of them, by the same worker. worker dies: it had to be started again. lost: no trace is left of some.
    not within: some have not run in that time."""
    async with Proxy(stage.url) as proxy:

        async def harm() -> None:
            proxy.cut()
            stage.note("connections cut")

        return await _through_trouble(stage, within, [harm] * 3, proxy)


@question("The reply that hands it a job is lost on its way. Is the job run?")
async def in_transit(stage: Stage, within: float) -> Trial:
    """yes: it starts. Others: as for `killed`."""
    async with Proxy(stage.url) as proxy, Supervisor(stage, await stage.hire_warm(proxy), proxy) as supervisor:
        proxy.lose_reply(carrying=LONG.encode())
        await stage.enqueue([(LONG, "sleep", 0.2), ("job-behind", "sleep", 0.2)])
        if not await stage.until(lambda: proxy.lost == 1, START):
            raise RuntimeError("no reply was seen that carries the job's id")
        stage.note("the reply is lost, and the connection cut")
        async with stage.trickle():
            trial = await _again(stage, within, starts=1)
    trial.detail = listed(trial.detail, supervisor.told)
    return trial


@question("Redis is killed and restarted (append-only file on). Does every job run?", concurrency=2, persistent=True)
async def restarted(stage: Stage, within: float) -> Trial:
    """As for `cut`."""

    async def harm() -> None:
        await asyncio.to_thread(stage.sandbox.kill)
        stage.note("Redis killed")
        await asyncio.sleep(OUTAGE)
        await asyncio.to_thread(stage.sandbox.restart)
        stage.note("Redis is back")

    return await _through_trouble(stage, within, [harm])


async def _through_trouble(
    stage: Stage, within: float, troubles: list[Callable[[], Awaitable]], proxy: Proxy | None = None
) -> Trial:
    jobs = {f"job-no-{n:02}" for n in range(20)}
    worker = await stage.hire_warm(proxy)
    await stage.enqueue([(job, "sleep", 0.2) for job in sorted(jobs)])
    async with Supervisor(stage, worker, proxy) as supervisor:
        for number, harm in enumerate(troubles):
            await stage.until(lambda number=number: len(jobs & stage.ran("start")) > 3 * number, START)
            await harm()
        async with stage.trickle():
            await stage.until(lambda: jobs <= stage.ran(), within)
    twice = sum(len(stage.times(job)) > 1 for job in jobs)
    detail = listed(f"{twice} run twice" if twice else "", supervisor.told)
    if left := jobs - stage.ran():
        lost = [job for job in left if await stage.is_lost(job)]
        told = listed(f"{len(left)} of {len(jobs)} not run", f"no trace of {len(lost)}" if lost else "", detail)
        return Trial("lost" if lost else "not within", told, len(left))
    return Trial("worker dies" if supervisor.deaths else "yes", detail, twice)


async def _kill_at_work(stage: Stage, within: float, worker: Pack | None) -> Trial:
    beside = {f"beside-{n}" for n in range(3)}
    await stage.enqueue([(LONG, "sleep", 2.0), *((job, "sleep", 0.05) for job in sorted(beside))])
    worker = worker or stage.hire()
    await _begun(stage)
    stage.kill(worker)
    async with stage.trickle():
        stage.hire()
        trial = await _again(stage, within)
        await stage.until(lambda: beside <= stage.ran(), LOOK)
    trial.detail = listed(trial.detail, f"of those behind it ran {len(beside & stage.ran())} of {len(beside)}")
    return trial


async def _begun(stage: Stage) -> None:
    """Wait until the long job has."""
    if not await stage.until(lambda: bool(stage.times(LONG)), START):
        raise RuntimeError(f"{stage.peer.name} does not begin a job: {stage.last_words()}")


async def _again(stage: Stage, within: float, starts: int = 2) -> Trial:
    """What becomes of the long job: yes, when it has started so often; given up; lost; or not within."""
    began = time.monotonic()
    while (left := began + within - time.monotonic()) > 0:
        if await stage.until(lambda: len(stage.times(LONG)) >= starts, min(left, LOOK)):
            late = stage.times(LONG)[starts - 1] - (stage.times(LONG)[0] if starts > 1 else began)
            return Trial("yes", f"after {seconds(late)}", late)
        if LONG in await stage.dead():
            return Trial("given up", f"in {stage.peer.place_of_the_dead}")
        if await stage.is_lost(LONG) and len(stage.times(LONG)) < starts:  # not run again while the dead were asked for
            stage.note(f"{LONG} is in no key and no value of Redis")
            return Trial("lost")
    return Trial("not within")
