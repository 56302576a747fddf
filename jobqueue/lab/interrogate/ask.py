"""Put questions to a queue: an experiment each, as often as you like."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime

from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import losses, order, poison  # noqa: F401  they fill QUESTIONS
from jobqueue.lab.interrogate.answer import Answer, Settings, Trial, list_settings, sum_up
from jobqueue.lab.interrogate.peer import Peer, find
from jobqueue.lab.interrogate.question import QUESTIONS, Question
from jobqueue.lab.interrogate.stage import START, Stage
from jobqueue.lab.interrogate.traces import places

#: Seconds that an experiment waits by default.
WITHIN = 20.0

#: The first job of each adapter, and seconds in which a worker that has taken it must call `do`.
PLAIN, TAKEN = "plain-job", 4.0

#: Seconds between two looks whether it has been taken.
LOOK = 0.5


async def ask(
    peer: str | Peer, *questions: str, trials: int = 1, within: float = WITHIN, settings: str = "both"
) -> list[Answer]:
    """Ask a queue these questions, or all if you name none. Its environment is made if it isn't there yet.

    Args:
        peer: the name of an adapter that comes with the kit, or the path of your own.
        trials: how often each experiment is made.
        within: seconds that each experiment waits.
        settings: "default", as it comes; "tuned", as its documentation recommends; or "both".
    """
    return [answer async for answer in asking(peer, questions, trials, within, settings)]


async def asking(
    peer: str | Peer, questions: Iterable[str] = (), trials: int = 1, within: float = WITHIN, settings: str = "both"
) -> AsyncIterator[Answer]:
    """The same, one answer after another, as they come in."""
    peer = peer if isinstance(peer, Peer) else find(peer)
    _refuse_nonsense(peer, trials, within)
    chosen = [_question(name) for name in questions or QUESTIONS]
    if settings not in ("default", "tuned", "both"):
        raise BadSetting(f"settings are 'default', 'tuned' or 'both', not {settings!r}")
    await asyncio.to_thread(peer.set_up)
    legible: dict[str, bool] = {}
    for question in chosen:
        for setting in _settings(peer, question, settings):
            if setting is None:
                yield _skip(peer, question, within)
                continue
            key = list_settings(setting)
            if key not in legible:
                legible[key] = await _check(peer, setting)
            yield await _answer(peer, question, setting, trials, within, legible[key])


def _refuse_nonsense(peer: Peer, trials: int, within: float) -> None:
    if trials < 1 or within <= 0:
        raise BadSetting(f"trials must be 1 or more, and within more than 0: not {trials} and {within:g} s")
    tuned = peer.constants.get("TUNED", {})
    named = [*(name for names in tuned for name in names.split()), *peer.constants.get("UNASKED", {})]
    if unknown := [name for name in named if name not in QUESTIONS]:
        raise BadSetting(f"{peer.path.name} names a question that doesn't exist: {', '.join(unknown)}")
    if parts := {part for options in tuned.values() for part in options} - {"queue", "worker", "job"}:
        raise BadSetting(f"TUNED of {peer.path.name} has options for queue, worker or job, not {', '.join(parts)}")


def _question(name: str) -> Question:
    if name not in QUESTIONS:
        raise BadSetting(f"there is no question {name!r}. Choose from {', '.join(QUESTIONS)}")
    return QUESTIONS[name]


def _settings(peer: Peer, question: Question, which: str) -> list[Settings | None]:
    """The settings to ask with; None where there is nothing to ask."""
    named = {name: one for names, one in peer.constants.get("TUNED", {}).items() for name in names.split()}
    tuned = named.get(question.name)
    if _reason_to_skip(peer, question) or (question.only_tuned and not tuned):
        return [None]
    default: list[Settings | None] = [{}] if which != "tuned" and not question.only_tuned else []
    return default + ([tuned] if tuned and (which != "default" or question.only_tuned) else [])


def _reason_to_skip(peer: Peer, question: Question) -> str:
    """The adapter's reason why this can't be asked, or ""."""
    if question.name == "corrupt" and "GARBAGE" not in peer.constants:
        return "its adapter has no GARBAGE"
    return str(peer.constants.get("UNASKED", {}).get(question.name, ""))


async def _check(peer: Peer, settings: Settings) -> bool:
    """Raise BadSetting unless a worker with these settings runs a plain job. Otherwise every answer would be "gone".

    Returns whether the job's id could be read in Redis while it waited.
    """
    async with Stage(peer, settings) as stage:
        try:
            refused = (await stage.enqueue([(PLAIN,)]))["refused"]
            before = await places(stage.redis, PLAIN)
            if stage.ran("start"):
                raise BadSetting(f"{peer.name} runs a job in its enqueue(job). Run it in work() instead")
            reason = refused.get(PLAIN) or await _run_plain_job(stage, before)
        except RuntimeError as error:
            raise BadSetting(str(error)) from None
        if reason:
            raise BadSetting(f"{peer.name} ({list_settings(settings)}) doesn't run even a plain job: {reason}")
    return bool(before)


async def _run_plain_job(stage: Stage, before: set[bytes]) -> str:
    """Hire a worker for the one job that waits, in the keys `before`. Returns why it doesn't run it, or ""."""
    worker, deadline, words = stage.hire(), time.monotonic() + START, stage.processes.last_words
    taken = False
    while not await stage.until(lambda: PLAIN in stage.ran() or not worker.alive, TAKEN if taken else LOOK):
        if taken and not stage.ran("start"):
            return f"its worker took the job, but {TAKEN:g} s later do(*job.args) hasn't been called; {words()}"
        if time.monotonic() > deadline:
            return f"its worker is alive, but hasn't run it in {START:g} s; {words()}"
        taken = bool(before) and not stage.ran("start") and await places(stage.redis, PLAIN) != before
    return "" if PLAIN in stage.ran() else f"its worker has ended; {words()}"


def _skip(peer: Peer, question: Question, within: float) -> Answer:
    reason = _reason_to_skip(peer, question) or "its adapter has no TUNED for it"
    return Answer(peer.name, question.name, {}, "not asked", "", [], within, peer.versions, "", _today(), reason)


async def _answer(
    peer: Peer, question: Question, settings: Settings, count: int, within: float, legible: bool
) -> Answer:
    documented = peer.constants.get("DOCUMENTED", {}).get(question.name, "") if not settings else ""
    trials, server = [], ""
    for _ in range(count):
        trial, server = await _try(peer, question, settings, within, legible)
        trials.append(trial)
    word, detail = sum_up(trials)
    return Answer(
        peer.name, question.name, settings, word, detail, trials, within, peer.versions, server, _today(), documented
    )


async def _try(peer: Peer, question: Question, settings: Settings, within: float, legible: bool) -> tuple[Trial, str]:
    began = time.monotonic()
    async with Stage(peer, settings, concurrency=question.concurrency, persistent=question.persistent) as stage:
        stage.legible = legible
        info = await stage.redis.info("server")
        try:
            trial = await question.experiment(stage, within)
        except RuntimeError as error:  # it could not even begin, which is an answer too
            trial = Trial("failed", str(error))
    trial.seconds, trial.evidence = round(time.monotonic() - began, 2), stage.evidence
    name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
    return trial, f"{name} {version}"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
