"""Answers: a word from a small set for each question, with its trials and their evidence."""

import statistics
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:  # a worker's process shouldn't wait for it
    import pandas

#: All words that an answer can be. Each question says what they mean.
Word = Literal[
    "yes", "no", "not within", "given up", "twice", "once", "refused", "finished", "kept", "gone",
    "worker dies", "stuck", "failed", "not asked", "no priorities",
]  # fmt: skip

#: A peer's own options of its "queue", its "worker" and each "job".
Settings: TypeAlias = dict[str, dict[str, Any]]

#: The table that comes with the kit.
STORED = Path(__file__).parent / "answers.json"


class Trial(msgspec.Struct):
    """One experiment, once."""

    word: Word
    #: The measurement in a few words.
    detail: str = ""
    #: The number in the detail, if one is worth comparing: seconds, or a count.
    figure: float | None = None
    #: How long it took, in seconds.
    seconds: float = 0.0
    #: The events, with the seconds since its start.
    evidence: list[str] = []


class Answer(msgspec.Struct):
    """The answer of one queue, with its settings, to one question."""

    peer: str
    question: str
    #: {}: as it comes.
    settings: Settings
    word: Word
    detail: str
    trials: list[Trial]
    #: Seconds that the experiment waited.
    within: float
    versions: dict[str, str] = {}
    #: The Redis or Valkey that it used.
    server: str = ""
    asked_on: str = ""
    #: The peer's documentation about it, or the reason why it can't be asked. Not measured.
    documented: str = ""

    @property
    def measured(self) -> bool:
        return bool(self.trials)

    @property
    def summary(self) -> str:
        """The answer as a table has it. If the trials differ, it has a count for each of their words."""
        words = Counter(trial.word for trial in self.trials) or Counter({self.word: 0})
        texts = {word: f"not within {self.within:g} s" if word == "not within" else word for word in words}
        if len(words) == 1:
            return texts[self.word]
        return ", ".join(f"{texts[word]} ({count} of {len(self.trials)})" for word, count in words.most_common())

    @property
    def setting(self) -> str:
        """The settings as a table has them."""
        return list_settings(self.settings)


def list_settings(settings: Settings) -> str:
    """The settings of a worker, a queue and its jobs, as in `retries=2, timeout=4`."""
    flat = [f"{name}={value}" for part in settings.values() for name, value in part.items()]
    return ", ".join(flat) or "as it comes"


def sum_up(trials: list[Trial]) -> tuple[Word, str]:
    """The most frequent word of the trials, and the detail of the middle one of those."""
    word = statistics.mode(trial.word for trial in trials)
    agreeing = sorted((trial for trial in trials if trial.word == word), key=lambda trial: trial.figure or 0)
    return word, agreeing[len(agreeing) // 2].detail


def load(path: Path = STORED) -> list[Answer]:
    """The answers in a file; none if there is no such file."""
    return msgspec.json.decode(path.read_bytes(), type=list[Answer]) if path.exists() else []


def save(answers: list[Answer], path: Path = STORED) -> None:
    """Keep them in the file, next to those to other questions, settings or peers."""
    kept = {_place(answer): answer for answer in [*load(path), *answers]}
    ordered = sorted(kept.values(), key=lambda answer: (answer.peer, answer.question, answer.setting))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")


def _place(answer: Answer) -> tuple[str, str, str]:
    return answer.peer, answer.question, answer.setting


def frame(answers: list[Answer]) -> "pandas.DataFrame":
    """The same as a pandas DataFrame, with one row per answer."""
    import pandas

    rows = [
        {
            "peer": answer.peer,
            "question": answer.question,
            "settings": answer.setting,
            "answer": answer.summary,
            "detail": answer.detail,
            "trials": len(answer.trials),
            "measured": answer.measured,
            "versions": ", ".join(f"{name} {version}" for name, version in answer.versions.items()),
        }
        for answer in answers
    ]
    return pandas.DataFrame(rows)
