"""What was found out: a word from a small set for each question, with the trials it rests on and their evidence."""

import statistics
from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec

#: Everything that can be answered. What each means is for its question to say.
Word = Literal[
    "yes", "no", "not within", "given up", "lost", "twice", "once", "refused", "finished", "kept", "gone",
    "worker dies", "stuck", "failed", "not asked",
]  # fmt: skip

#: The table that comes with the kit.
STORED = Path(__file__).parent / "answers.json"


class Trial(msgspec.Struct):
    """One experiment, once."""

    word: Word
    #: What was measured, in a few words.
    detail: str = ""
    #: The number in the detail, if one is worth comparing: seconds, or a count.
    figure: float | None = None
    #: How long it took, in seconds.
    seconds: float = 0.0
    #: What happened and when, in seconds from its start.
    evidence: list[str] = []


class Answer(msgspec.Struct):
    """What one queue, so set, answered to one question."""

    peer: str
    question: str
    #: The peer's own options; {} for as it comes.
    settings: dict
    word: Word
    detail: str
    trials: list[Trial]
    #: Seconds that were waited for what should happen.
    within: float
    versions: dict[str, str] = {}
    #: The Redis or Valkey it was asked on.
    server: str = ""
    asked_on: str = ""
    #: What the peer's documentation says to it, or why it cannot be asked. Not measured.
    documented: str = ""

    @property
    def measured(self) -> bool:
        return bool(self.trials)

    @property
    def said(self) -> str:
        """The answer as a table has it; where trials did not agree, with how many said what."""
        words = Counter(trial.word for trial in self.trials) or Counter({self.word: 0})
        told = {word: f"not within {self.within:g} s" if word == "not within" else word for word in words}
        if len(words) == 1:
            return told[self.word]
        return ", ".join(f"{told[word]} ({count} of {len(self.trials)})" for word, count in words.most_common())

    @property
    def setting(self) -> str:
        """The settings as a table has them."""
        return told(self.settings)


def told(settings: dict) -> str:
    """`retries=2, timeout=4` of the settings of a worker, a queue and its jobs."""
    flat = [f"{name}={value}" for part in settings.values() for name, value in part.items()]
    return ", ".join(flat) or "as it comes"


def summed_up(trials: list[Trial]) -> tuple[Word, str]:
    """The word that most trials gave, and the detail of the middle one of those."""
    word = statistics.mode(trial.word for trial in trials)
    those = sorted((trial for trial in trials if trial.word == word), key=lambda trial: trial.figure or 0)
    return word, those[len(those) // 2].detail


def load(path: Path = STORED) -> list[Answer]:
    """The answers that are kept in a file; none if there is no such file."""
    return msgspec.json.decode(path.read_bytes(), type=list[Answer]) if path.exists() else []


def save(answers: list[Answer], path: Path = STORED) -> None:
    """Keep them in the file, beside those it has to other questions, settings or peers."""
    kept = {_place(answer): answer for answer in [*load(path), *answers]}
    ordered = sorted(kept.values(), key=lambda answer: (answer.peer, answer.question, answer.setting))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")


def _place(answer: Answer) -> tuple:
    return answer.peer, answer.question, answer.setting


def frame(answers: list[Answer]):
    """The same as a pandas DataFrame, a row an answer."""
    import pandas

    rows = [
        {
            "peer": answer.peer,
            "question": answer.question,
            "settings": answer.setting,
            "answer": answer.said,
            "detail": answer.detail,
            "trials": len(answer.trials),
            "measured": answer.measured,
            "versions": ", ".join(f"{name} {version}" for name, version in answer.versions.items()),
        }
        for answer in answers
    ]
    return pandas.DataFrame(rows)
