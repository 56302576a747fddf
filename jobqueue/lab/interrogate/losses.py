"""Is a job gone when its worker is killed or stopped, when its connection is cut, when Redis is restarted?"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from jobqueue.lab.fleet.proxy import Proxy
from jobqueue.lab.interrogate.answer import Trial
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.question import join, question, seconds
from jobqueue.lab.interrogate.stage import START, Stage
from jobqueue.lab.interrogate.supervisor import Supervisor

#: Seconds that Redis is away.
OUTAGE = 1.0

#: Seconds that a worker has to end by itself, before it's killed.
GRACE = 15.0

#: Seconds between two looks for a trace of a job, or at the dead.
LOOK = 3.0

LONG = "the-long-job"


@question("Its worker is killed with kill -9. Is the job run again?")
async def killed(stage: Stage, within: float) -> Trial:
    """yes: it starts again. given up: it is kept as failed instead. gone: no trace of it is left in Redis. not within:
    none of these, in that time."""
    return await _kill_at_work(stage, within, await stage.hire_warm())


@question("The same, but the job was waiting before that worker started. Is it run again?")
async def killed_first(stage: Stage, within: float) -> Trial:
    """As for `killed`. A worker does some things only at its start, and so next to its first jobs."""
    return await _kill_at_work(stage, within, None)


@question("Its worker is told to stop (SIGTERM) in the middle of a job. What happens to the job?")
async def stopped(stage: Stage, within: float) -> Trial:
    """finished: the worker ends after the job. yes: the next worker runs it again. Others: as for `killed`."""
    worker = await stage.hire_warm()
    await stage.enqueue([(LONG, "sleep", 3.0)])
    await _until_begun(stage)
    worker.terminate()
    stage.note("SIGTERM")
    ended = await stage.until(lambda: not worker.alive, GRACE)
    stage.note("it has ended" if ended else f"it's still running {GRACE:g} s later")
    stage.kill(worker)
    if LONG in stage.ran():
        return Trial("finished", "" if ended else "but the worker runs on")
    async with stage.trickle():
        stage.hire()
        return await _again(stage, within)


@question("Its connections are cut three times while it works. Does every job run?", concurrency=2)
async def cut(stage: Stage, within: float) -> Trial:
    """yes: all of them, by the same worker. worker dies: it had to be started again. gone: no trace is left of some.
    not within: some have not run in that time."""
    async with Proxy(stage.url) as proxy:

        async def harm() -> None:
            proxy.cut()
            stage.note("connections cut")

        return await _through_trouble(stage, within, [harm] * 3, proxy)


@question("The reply that brings it a job gets lost. Is the job run?")
async def in_transit(stage: Stage, within: float) -> Trial:
    """yes: it starts. Others: as for `killed`."""
    async with Proxy(stage.url) as proxy, Supervisor(stage, await stage.hire_warm(proxy), proxy) as supervisor:
        proxy.lose_reply(carrying=LONG.encode())
        await stage.enqueue([(LONG, "sleep", 0.2), ("job-behind", "sleep", 0.2)])
        if not await stage.until(lambda: proxy.lost == 1, START):
            raise RuntimeError("no reply carries the job's id")
        stage.note("the reply is lost, and the connection cut")
        async with stage.trickle():
            trial = await _again(stage, within, starts=1)
    trial.detail = join(trial.detail, supervisor.summary)
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
    stage: Stage, within: float, troubles: list[Callable[[], Awaitable[None]]], proxy: Proxy | None = None
) -> Trial:
    jobs = {f"job-no-{n:02}" for n in range(20)}
    worker = await stage.hire_warm(proxy)
    await stage.enqueue([(job, "sleep", 0.2) for job in sorted(jobs)])
    async with Supervisor(stage, worker, proxy) as supervisor:
        for number, harm in enumerate(troubles):
            await _have_begun(stage, jobs, 3 * number + 1)  # if not, the trouble comes all the same
            await harm()
        async with stage.trickle():
            await stage.until(lambda: jobs <= stage.ran(), within)
    twice = sum(len(stage.times(job)) > 1 for job in jobs)
    detail = join(f"{twice} run twice" if twice else "", supervisor.summary)
    if left := jobs - stage.ran():
        gone = [job for job in left if await stage.is_gone(job)]
        detail = join(f"{len(left)} of {len(jobs)} not run", f"no trace of {len(gone)}" if gone else "", detail)
        return Trial("gone" if gone else "not within", detail, len(left))
    return Trial("worker dies" if supervisor.deaths else "yes", detail, twice)


async def _kill_at_work(stage: Stage, within: float, worker: Pack | None) -> Trial:
    behind = {f"behind-{n}" for n in range(3)}
    await stage.enqueue([(LONG, "sleep", 2.0), *((job, "sleep", 0.05) for job in sorted(behind))])
    worker = worker or stage.hire()
    await _until_begun(stage)
    stage.kill(worker)
    async with stage.trickle():
        stage.hire()
        trial = await _again(stage, within)
        await stage.until(lambda: behind <= stage.ran(), LOOK)
    trial.detail = join(trial.detail, f"{len(behind & stage.ran())} of {len(behind)} jobs behind it ran")
    return trial


async def _have_begun(stage: Stage, jobs: set[str], count: int) -> bool:
    return await stage.until(lambda: len(jobs & stage.ran("start")) >= count, START)


async def _until_begun(stage: Stage) -> None:
    """Wait until the long job has begun."""
    if not await _have_begun(stage, {LONG}, 1):
        raise RuntimeError(f"{stage.peer.name} does not begin a job: {stage.processes.last_words()}")


async def _again(stage: Stage, within: float, starts: int = 2) -> Trial:
    """The fate of the long job: yes, when it has started that often; given up; gone; or not within."""
    began = time.monotonic()
    while (left := began + within - time.monotonic()) > 0:
        if await stage.until(lambda: len(stage.times(LONG)) >= starts, min(left, LOOK)):
            late = stage.times(LONG)[starts - 1] - (stage.times(LONG)[0] if starts > 1 else began)
            return Trial("yes", f"after {seconds(late)}", late)
        if LONG in await stage.dead():
            return Trial("given up", f"in {stage.peer.dead_place}")
        # It may have run again while we looked at the dead.
        if await stage.is_gone(LONG) and len(stage.times(LONG)) < starts:
            stage.note(f"{LONG} is in no key and no value of Redis")
            return Trial("gone")
    if kept := await stage.places(LONG):
        stage.note(f"{LONG} is still in {kept}")
    return Trial("not within")
