"""Pressure on a queue: a flood, a flood of one priority, a lease shorter than the job."""

from jobqueue.lab.interrogate.answer import Trial, Word
from jobqueue.lab.interrogate.question import question, seconds
from jobqueue.lab.interrogate.stage import START, Stage

FLOOD = 1000
PAD = "x" * 1000

#: A flood of high priority: this many jobs at first, and then more, which arrive faster than one worker runs them. The
#: first ones last for 3 s. So long may the producer of the others take to start, or there's a gap in the flood.
FIRST_HIGH, MORE_HIGH, SECONDS, ARRIVE = 150, 250, 0.02, 0.012

#: Seconds without progress after which we stop waiting for jobs that haven't run.
STANDSTILL = 5.0

#: Seconds: several times any lease that a peer's TUNED sets for it.
LONG_JOB = 8.0

LONG = "the-long-job"


@question(f"{FLOOD} jobs of 1 kB, and no worker. Is any of them refused?", concurrency=10)
async def flood(stage: Stage, within: float) -> Trial:
    """no: all are accepted, and run when a worker comes. refused: an error says so. gone: some were accepted, not run,
    and have left no trace. not within: some were accepted, and are not run."""
    used = await _memory(stage)
    refused = (await stage.enqueue([(f"flood-job-{n}", "noop", 0, "normal", PAD) for n in range(FLOOD)]))["refused"]
    used = await _memory(stage) - used
    accepted = FLOOD - len(refused)
    stage.hire()
    ran = -1
    while ran < accepted and stage.tally() > ran:
        ran = stage.tally()
        await stage.until(lambda: stage.tally() >= accepted, START if ran == 0 else STANDSTILL)
    stage.note(f"{ran} of {accepted} have run")
    if ran < accepted:
        word: Word = "gone" if await stage.is_gone("flood-job-") else "not within"
        return Trial(word, f"{accepted} accepted, {ran} run", accepted - ran)
    if refused:
        first, error = next(iter(refused.items()))
        stage.note(f"{first} was refused: {error}")
        return Trial("refused", f"{len(refused)} of them: {error.split(':')[0]}", len(refused))
    return Trial("no", f"{used / accepted:,.0f} bytes of Redis each", used / accepted)


@question("A low-priority job waits in a flood of high ones. Does it run before the flood ends?")
async def starvation(stage: Stage, within: float) -> Trial:
    """yes: one does. no: it runs only when no job of high priority is left. no priorities: the adapter doesn't use
    job.tier, so all jobs were alike."""
    high = [(f"high-{n}", "sleep", SECONDS, "high") for n in range(FIRST_HIGH + MORE_HIGH)]
    uses_tiers = (await stage.enqueue([("low", "sleep", SECONDS, "low"), *high[:FIRST_HIGH]]))["tiers"]
    stage.hire()
    await stage.until(lambda: bool(stage.ran("start")), START)
    await stage.enqueue(high[FIRST_HIGH:], pause=ARRIVE)
    if not await stage.until(lambda: len(stage.ran()) == len(high) + 1, max(within, 60.0)):
        return Trial("stuck", f"{len(stage.ran())} of {len(high) + 1} ran")
    order = [effect.id for effect in stage.effects() if effect.event == "start"]
    before, waited = order.index("low"), stage.times("low")[0] - stage.times(order[0])[0]
    if not uses_tiers:
        return Trial("no priorities", f"its adapter doesn't use job.tier; {_place(before, len(high), waited)}", waited)
    return Trial("no" if before == len(high) else "yes", _place(before, len(high), waited), waited)


def _place(before: int, high: int, waited: float) -> str:
    """The low job's place among the high ones, in words."""
    return f"after {f'all {before}' if before == high else f'{before} of {high}'} high ones, {seconds(waited)}"


@question("Its lease (or the like) is shorter than the job. Is the job run twice at once?", only_tuned=True)
async def lease(stage: Stage, within: float) -> Trial:
    """twice: two workers run it at the same time. once: they don't, and the detail says what happens instead."""
    return await _overlap(stage, "sleep")


@question("The same, and the job computes without a pause. Is it run twice at once?", only_tuned=True)
async def busy(stage: Stage, within: float) -> Trial:
    """As for `lease`."""
    return await _overlap(stage, "busy")


async def _overlap(stage: Stage, kind: str) -> Trial:
    await stage.hire_warm()
    await stage.enqueue([(LONG, kind, LONG_JOB)])
    await stage.until(lambda: bool(stage.times(LONG)), START)
    stage.hire()
    async with stage.trickle():
        await stage.until(lambda: len(stage.times(LONG)) > 1 or LONG in stage.ran(), LONG_JOB + 1)
    starts = stage.times(LONG)
    over = sorted(stage.times(LONG, "end") + stage.times(LONG, "cut off"))
    if not starts:
        return Trial("stuck", "it never began")
    if len(starts) > 1 and (not over or over[0] > starts[1]):
        return Trial("twice", f"again after {seconds(starts[1] - starts[0])}", starts[1] - starts[0])
    if stage.times(LONG, "cut off"):
        again = ", and run again" if len(starts) > 1 else ", and not run again"
        return Trial("once", f"cut off after {seconds(over[0] - starts[0])}{again}")
    return Trial("once", "run to its end" if over else f"not ended in {LONG_JOB + 1:g} s")


async def _memory(stage: Stage) -> int:
    return int((await stage.redis.info("memory"))["used_memory"])
