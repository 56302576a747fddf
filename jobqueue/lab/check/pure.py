"""Checkers of functions that only compute: one program asks the function many questions, and a picture shows what it
answered. It runs in the explorer's child, too, so that an endless loop is a verdict and not a hang."""

import asyncio
import dataclasses
import json
import linecache
from collections.abc import Awaitable, Callable
from typing import Protocol

from jobqueue.lab.check.apart import apart
from jobqueue.lab.check.checker import Case, Checker
from jobqueue.lab.check.display import page, show, text
from jobqueue.lab.check.run import Check
from jobqueue.lab.check.verdict import Idea, Remark, Verdict
from jobqueue.lab.explorer import Finding, Problem, Report, Scenario

#: `async judge(function, breathe)` asks its questions and returns what it learned, as JSON can hold it. It calls
#: `await breathe()` two or three times: whoever computes for a second without a break counts as endless.
Judge = Callable[[Callable, Callable[[], Awaitable]], Awaitable[dict]]


class Picture(Protocol):
    """Something to look at: `str()` for a terminal, `html()` for a notebook, in the style of a verdict."""

    def html(self) -> str: ...


@dataclasses.dataclass(frozen=True, repr=False)
class Pictured(Verdict):
    """A Verdict with a picture of what the function answered."""

    picture: Picture | None = None

    def __str__(self):
        return f"{text(self)}\n\n{self.picture}" if self.picture else text(self)

    def _repr_html_(self):
        return page(self) + (self.picture.html() if self.picture else "")


class PureCheck(Check):
    """Like any Check; `draw(told)` makes the picture of what the judge learned, or None."""

    def __init__(self, checker: Checker, function, draw: Callable[[dict], Picture | None]):
        super().__init__(checker, function)
        self._draw = draw
        self._told = None

    async def _run(self) -> Verdict:
        verdict = await self.judge()
        show(verdict)
        if verdict.picture:
            _show(verdict.picture)
        return verdict

    async def judge(self) -> Pictured:
        verdict = await super().judge()
        facts = {field.name: getattr(verdict, field.name) for field in dataclasses.fields(Verdict)}
        picture = self._draw(self._told) if self._told else None
        return Pictured(**{**facts, "schedule": None, "case": ""}, picture=picture)

    async def _explore(self, case, tell):
        report = await super()._explore(case, tell)
        self._told = next((json.loads(p.message) for p in report.problems if p.kind == "told"), None)
        return report


def asking(
    title: str,
    piece,
    judge: Judge,
    name: Callable[[dict], Idea | Remark | None],
    otherwise: Callable[[Problem, Report], Idea | None] = lambda problem, report: None,
) -> Case:
    """A Case in which `judge` asks, and `name` says what to think of its answer; `otherwise`, of what befell it."""

    async def asker(redis, world):
        async def breathe():
            await asyncio.sleep(1)  # of virtual time

        own = apart(piece)
        linecache.cache.setdefault(own.file, (len(own.source), None, own.source, own.file))  # for what it raises
        world.record("told", json.dumps(await judge(own.function, breathe)))

    def told(view):
        return [Finding(*effect) for effect in view.effects if effect[0] == "told"]

    def diagnose(problem, report):
        return name(json.loads(problem.message)) if problem.kind == "told" else otherwise(problem, report)

    return Case(title, Scenario({piece.function.__name__: asker}, invariants=[told]), diagnose)


def _show(picture: Picture) -> None:
    """Below the verdict."""
    from jobqueue.lab.check.display import _notebook

    if _notebook():
        from IPython.display import display

        display({"text/plain": str(picture), "text/html": picture.html()}, raw=True)
    else:
        print(f"\n{picture}")
