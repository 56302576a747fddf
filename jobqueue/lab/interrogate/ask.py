"""Put questions to a queue: an experiment each, as often as you like."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime

from jobqueue.errors import BadSetting
from jobqueue.lab.interrogate import losses, order, poison  # noqa: F401  they fill QUESTIONS
from jobqueue.lab.interrogate.answer import Answer, Trial, summed_up, told
from jobqueue.lab.interrogate.peer import Peer, find
from jobqueue.lab.interrogate.question import QUESTIONS, Question
from jobqueue.lab.interrogate.stage import START, Stage
from jobqueue.lab.interrogate.traces import has_traces

#: Seconds that are waited for what should happen, unless said otherwise.
WITHIN = 20.0


async def ask(
    peer: str | Peer, *questions: str, trials: int = 1, within: float = WITHIN, settings: str = "both"
) -> list[Answer]:
    """What the queue answers to these questions; to all of them if none is named. Its environment is made if need be.

    Args:
        peer: one of those the kit has an adapter for, or the path of your own adapter.
        trials: how often each experiment is made.
        within: seconds to wait for what should happen.
        settings: "default", as it comes; "tuned", with what its documentation recommends; or "both".
    """
    return [answer async for answer in asking(peer, questions, trials, within, settings)]


async def asking(
    peer: str | Peer, questions: Iterable[str] = (), trials: int = 1, within: float = WITHIN, settings: str = "both"
) -> AsyncIterator[Answer]:
    """The same, one answer after another, as they come in."""
    peer = peer if isinstance(peer, Peer) else find(peer)
    _refuse_nonsense(peer, trials, within)
    asked = [_known(name) for name in questions or QUESTIONS]
    if settings not in ("default", "tuned", "both"):
        raise BadSetting(f"settings are 'default', 'tuned' or 'both', not {settings!r}")
    await asyncio.to_thread(peer.set_up)
    legible: dict[str, bool] = {}
    for one in asked:
        for setting in _settings(peer, one, settings):
            if setting is None:
                yield _unasked(peer, one, within)
                continue
            if told(setting) not in legible:
                legible[told(setting)] = await _check(peer, setting)
            yield await _answer(peer, one, setting, trials, within, legible[told(setting)])


def _refuse_nonsense(peer: Peer, trials: int, within: float) -> None:
    if trials < 1 or within <= 0:
        raise BadSetting(f"at least one trial, and more than no time: not {trials} within {within:g} s")
    tuned = peer.constants.get("TUNED", {})
    named = [*(name for names in tuned for name in names.split()), *peer.constants.get("UNASKED", {})]
    if unknown := [name for name in named if name not in QUESTIONS]:
        raise BadSetting(f"{peer.path.name} names a question that there is not: {', '.join(unknown)}")
    if unknown := {part for options in tuned.values() for part in options} - {"queue", "worker", "job"}:
        raise BadSetting(f"TUNED of {peer.path.name} has options for queue, worker or job, not {', '.join(unknown)}")


def _known(name: str) -> Question:
    if name not in QUESTIONS:
        raise BadSetting(f"no question {name!r}: say one of {', '.join(QUESTIONS)}")
    return QUESTIONS[name]


def _settings(peer: Peer, asked: Question, which: str) -> list[dict | None]:
    """The settings to ask with; None where there is nothing to ask."""
    named = {name: one for names, one in peer.constants.get("TUNED", {}).items() for name in names.split()}
    tuned = named.get(asked.name)
    if _why_not(peer, asked) or (asked.only_tuned and not tuned):
        return [None]
    default = [{}] if which != "tuned" and not asked.only_tuned else []
    return default + ([tuned] if tuned and (which != "default" or asked.only_tuned) else [])


def _why_not(peer: Peer, asked: Question) -> str:
    """Why the adapter has it that this is not to be asked, or ""."""
    if asked.name == "corrupt" and "GARBAGE" not in peer.constants:
        return "its adapter has no GARBAGE"
    return peer.constants.get("UNASKED", {}).get(asked.name, "")


async def _check(peer: Peer, settings: dict) -> bool:
    """Raise BadSetting unless a worker, so set, runs a plain job: or every answer would be "lost".

    Returns whether the job's id could be read in Redis while it waited.
    """
    async with Stage(peer, settings) as stage:
        try:
            refused = (await stage.enqueue([("plain-job",)]))["refused"]
            legible = await has_traces(stage.redis, "plain-job")
            if stage.ran("start"):
                raise BadSetting(f"{peer.name} runs a job in its enqueue(job): that is for work() to do")
            worker = stage.hire()
            await stage.until(lambda: "plain-job" in stage.ran() or bool(refused) or not worker.alive, START)
        except RuntimeError as error:
            raise BadSetting(str(error)) from None
        if "plain-job" not in stage.ran():
            why = refused.get("plain-job") or stage.last_words()
            why = why if worker.alive or refused else f"its worker has ended; {why}"
            raise BadSetting(f"{peer.name} ({told(settings)}) does not run even a plain job: {why}")
    return legible


def _unasked(peer: Peer, asked: Question, within: float) -> Answer:
    why = _why_not(peer, asked) or "its adapter has no TUNED for it"
    return Answer(peer.name, asked.name, {}, "not asked", "", [], within, peer.versions, "", _today(), why)


async def _answer(peer: Peer, asked: Question, settings: dict, trials: int, within: float, legible: bool) -> Answer:
    documented = peer.constants.get("DOCUMENTED", {}).get(asked.name, "") if not settings else ""
    found, server = [], ""
    for _ in range(trials):
        trial, server = await _try(peer, asked, settings, within, legible)
        found.append(trial)
    word, detail = summed_up(found)
    return Answer(
        peer.name, asked.name, settings, word, detail, found, within, peer.versions, server, _today(), documented
    )


async def _try(peer: Peer, asked: Question, settings: dict, within: float, legible: bool) -> tuple[Trial, str]:
    began = time.monotonic()
    async with Stage(peer, settings, concurrency=asked.concurrency, persistent=asked.persistent) as stage:
        stage.legible = legible
        info = await stage.redis.info("server")
        try:
            trial = await asked.experiment(stage, within)
        except RuntimeError as error:  # it could not even begin: that is an answer too
            trial = Trial("failed", str(error))
    trial.seconds, trial.evidence = round(time.monotonic() - began, 2), stage.evidence
    name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
    return trial, f"{name} {version}"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
