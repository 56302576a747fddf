"""Checkers of functions that only compute.

One program asks the function many questions, and a picture shows its answers. It runs in the explorer's child, too, so
that an endless loop is a verdict and not a hang.
"""

import dataclasses
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from jobqueue.explorer import Finding, Problem, Report, Scenario, View
from jobqueue.explorer.engine.outside import Outside
from jobqueue.explorer.isolation.session import Session
from jobqueue.lab.check.apart import apart
from jobqueue.lab.check.checker import Case, Checker
from jobqueue.lab.check.display import kernel_shell, page, show_both, text
from jobqueue.lab.check.ideas import Diagnose
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.progress import Tell
from jobqueue.lab.check.run import Check
from jobqueue.lab.check.verdict import Idea, Remark, Verdict
from jobqueue.lab.check.worlds import Client

#: All that a judge has learned, as JSON can hold it.
Answers = dict[str, Any]

#: `async judge(function, breathe)` asks its questions and returns the Answers. It calls `await breathe()` two or three
#: times, because a program that computes for a second without a break counts as endless.
Judge = Callable[[Callable[..., Any], Callable[[], Awaitable[None]]], Awaitable[Answers]]


class Picture(Protocol):
    """Something to look at: `str()` for a terminal, `html()` for a notebook, in the style of a verdict."""

    def html(self) -> str: ...


@dataclasses.dataclass(frozen=True, repr=False)
class Pictured(Verdict):
    """A Verdict with a picture of the function's answers."""

    picture: Picture | None = None

    def __str__(self) -> str:
        return f"{text(self)}\n\n{self.picture}" if self.picture else text(self)

    def _repr_html_(self) -> str:
        return page(self) + (self.picture.html() if self.picture else "")


class PureCheck(Check):
    """A Check that also draws: `draw(answers)` makes the picture, or None."""

    def __init__(self, draw: Callable[[Answers], Picture | None], checker: Checker, function: Callable[..., Any]):
        super().__init__(checker, function)
        self._draw = draw
        self._answers: Answers | None = None

    async def _run(self) -> Verdict:
        verdict = await super()._run()
        if isinstance(verdict, Pictured) and verdict.picture:
            plain = f"{verdict.picture}" if kernel_shell() else f"\n{verdict.picture}"
            show_both(plain, verdict.picture.html())
        return verdict

    async def judge(self, session: Session | None = None) -> Pictured:
        verdict = await super().judge(session)
        facts = {field.name: getattr(verdict, field.name) for field in dataclasses.fields(Verdict)}
        picture = self._draw(self._answers) if self._answers else None
        return Pictured(**{**facts, "schedule": None, "case": ""}, picture=picture)

    async def _explore(self, case: Case, tell: Tell) -> Report:
        report = await super()._explore(case, tell)
        self._answers = next((json.loads(p.message) for p in report.problems if p.kind == "answers"), None)
        return report


def asking(
    title: str,
    piece: Piece,
    judge: Judge,
    name: Callable[[Answers], Idea | Remark | None],
    otherwise: Diagnose = lambda problem: None,
) -> Case:
    """A Case in which `judge` asks, and `name` judges its answers; `otherwise` names any other problem."""

    async def asker(redis: Client, world: Outside) -> None:
        async def breathe() -> None:
            await redis.ping()  # and no sleep: the shortest schedule is sought without each wait, and asks all again

        own = apart(piece)
        own.bring_source()  # for the errors that it raises
        world.record("answers", json.dumps(await judge(own.function, breathe)))

    def answers(view: View) -> list[Finding]:
        return [Finding(*effect) for effect in view.effects if effect[0] == "answers"]

    def diagnose(problem: Problem) -> Idea | Remark | None:
        return name(json.loads(problem.message)) if problem.kind == "answers" else otherwise(problem)

    return Case(title, Scenario({piece.function.__name__: asker}, invariants=[answers]), diagnose)
