"""The end of a job that can't succeed, of the jobs next to it, and of an entry that's no job at all."""

import asyncio

from jobqueue.lab.interrogate.answer import Trial, Word
from jobqueue.lab.interrogate.question import join, question
from jobqueue.lab.interrogate.stage import START, Stage
from jobqueue.lab.interrogate.supervisor import Supervisor

#: Runs of a job after which nothing seems to bound them.
MANY = 10

#: Seconds without another run after which we look for a job among the dead.
QUIET = 3.0

BAD = "the-bad-job"


@question("A job fails every time. How often is it run, and where does it end up?")
async def fails(stage: Stage, within: float) -> Trial:
    """kept: as dead, where the peer can find it. gone: no trace of it is left. not within: it's still being retried,
    or just left lying. The detail says how often it ran, and whether a replay works once its bug is fixed."""
    await stage.enqueue([(BAD, "fail")])
    async with Supervisor(stage) as supervisor:
        await stage.until(lambda: bool(stage.times(BAD)), START)
        kept = await _settled(stage, within)
        runs = len(stage.times(BAD))
        detail = join(_runs(runs), supervisor.summary)
        if not kept:
            return Trial("gone" if await stage.is_gone(BAD) else "not within", detail, runs)
        return Trial("kept", join(detail, f"in {stage.peer.dead_place}", await _replayed(stage)), runs)


async def _settled(stage: Stage, within: float) -> bool:
    """Wait until nothing more happens to the job. Returns whether it's kept as dead by then."""
    deadline = asyncio.get_running_loop().time() + within
    while asyncio.get_running_loop().time() < deadline:
        if await _runs_again(stage):
            continue
        if BAD in await stage.dead():
            return True
        if await stage.is_gone(BAD):
            return False
    return False


async def _runs_again(stage: Stage) -> bool:
    runs = len(stage.times(BAD))
    return await stage.until(lambda: len(stage.times(BAD)) > runs, QUIET)


async def _replayed(stage: Stage) -> str:
    if "replay" not in stage.peer.functions:
        return "cannot be replayed"
    (stage.folder / "fixed").touch()
    await stage.replay(BAD)
    stage.note("its bug is fixed, and it is replayed")
    return "replayed" if await stage.until(lambda: BAD in stage.ran(), 10.0) else "replayed, and never run"


@question(
    "A job kills its worker, with four others next to it. Is there a limit, and do the others run?", concurrency=5
)
async def poison(stage: Stage, within: float) -> Trial:
    """given up: it is kept as dead. no: it is run again and again. gone: no trace of it is left. not within: none of
    these, in that time."""
    others = {f"beside-{n}" for n in range(4)}
    first, *rest = sorted(others)
    worker = await stage.hire_warm()
    await stage.enqueue([(first, "sleep", 0.5), (BAD, "kill"), *((job, "sleep", 0.5) for job in rest)])
    async with stage.trickle(), Supervisor(stage, worker) as supervisor:
        word = await _end_of_poison(stage, within)
        await stage.until(lambda: others <= stage.ran(), QUIET)
    runs = len(stage.times(BAD))
    return Trial(
        word, join(_runs(runs), f"{len(others & stage.ran())} of 4 jobs next to it ran", supervisor.summary), runs
    )


async def _end_of_poison(stage: Stage, within: float) -> Word:
    deadline = asyncio.get_running_loop().time() + within
    while (left := deadline - asyncio.get_running_loop().time()) > 0:
        if await stage.until(lambda: len(stage.times(BAD)) >= MANY, min(left, QUIET)):
            return "no"
        if BAD in await stage.dead():
            return "given up"
        if stage.times(BAD) and await stage.is_gone(BAD):
            return "gone"
    return "not within"


@question("There's garbage in its Redis among good jobs. Do they run, and does the worker live?")
async def corrupt(stage: Stage, within: float) -> Trial:
    """yes: all good jobs run, and the worker lives. worker dies: it had to be started again. gone: no trace is left of
    some. not within: some have not run in that time."""
    good = [f"good-job-{n}" for n in range(10)]
    await stage.enqueue([(job, "sleep", 0.05) for job in good[:5]])
    for command in stage.peer.constants["GARBAGE"]:
        await stage.redis.execute_command(*command)
        stage.note("garbage: " + " ".join(map(str, command)))
    await stage.enqueue([(job, "sleep", 0.05) for job in good[5:]])
    async with Supervisor(stage) as supervisor:
        await stage.until(lambda: set(good) <= stage.ran(), within)
    if left := set(good) - stage.ran():
        word: Word = "gone" if [job for job in left if await stage.is_gone(job)] else "not within"
        return Trial(word, join(f"{len(left)} of {len(good)} good jobs not run", supervisor.summary), len(left))
    return Trial("worker dies" if supervisor.deaths else "yes", supervisor.summary)


def _runs(count: int) -> str:
    return "run once" if count == 1 else f"run {count} times"
