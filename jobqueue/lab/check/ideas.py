"""The words of diagnoses. Each piece lists its wrong ideas in one text, a paragraph per idea:

    ack-then-requeue (F20): Your function acknowledges first. {} the job is gone.
        A line that's indented goes on with the same idea.

The name is what tests compare, and (F20) is the failure's id in the catalogue. Facts of the case come where {} is, or
in front.
"""

import re
from collections.abc import Callable

from jobqueue.explorer import Problem
from jobqueue.lab.check.misuse import TROUBLE, raised
from jobqueue.lab.check.verdict import Idea, Remark

Diagnose = Callable[[Problem], Idea | Remark | None]

_HEAD = re.compile(r"^(?P<name>\w[\w, -]*?)(?: \((?P<failure>F\d\d)\))?: ", re.M)


class Ideas:
    """The wrong ideas of a piece: `IDEAS("ghost", "facts of this case")` is an Idea."""

    def __init__(self, text: str):
        self._words = _paragraphs(text)

    def __contains__(self, bug: str) -> bool:
        return bug in self._words

    def __call__(self, bug: str, facts: str = "") -> Idea:
        failure, words = self._words[bug]
        return Idea(bug, _with(facts, words), failure)

    def named(self, problem: Problem) -> Idea | None:
        """The Idea of a problem that a rule has named already, by its kind; or None."""
        known = problem.kind in self and problem.kind not in TROUBLE
        return self(problem.kind, problem.message) if known else None

    def stumbles(self, problem: Problem, bug: str) -> Idea | None:
        """The Idea `bug` of a program that raised an ordinary error; else None."""
        idea = raised(problem) if problem.kind == "raised" else None
        return self(bug, idea.words) if idea and idea.bug == "raises" else None


class Remarks:
    """Remarks of a piece, by name: allowed, and worth saying."""

    def __init__(self, text: str):
        self._words = _paragraphs(text)

    def __call__(self, name: str, facts: str = "") -> Remark:
        return Remark(_with(facts, self._words[name][1]))


def _paragraphs(text: str) -> dict[str, tuple[str | None, str]]:
    """{name: (failure, words)}"""
    starts = [*_HEAD.finditer(text)]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return {
        match["name"]: (match["failure"], " ".join(text[match.end() : end].split()))
        for match, end in zip(starts, ends, strict=True)
    }


def _with(facts: str, words: str) -> str:
    if not facts:
        return words.replace("{} ", "").removesuffix(" {}")
    return words.replace("{}", facts) if "{}" in words else f"{facts} {words}"
