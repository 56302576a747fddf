"""The report of an exploration, and the problems in it."""

import asyncio
import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from jobqueue.explorer.engine.graph import Graph
from jobqueue.explorer.engine.lines import Line
from jobqueue.explorer.engine.replay import Schedule
from jobqueue.explorer.record import Choice, Finding
from jobqueue.explorer.scenario import WORDS, Bounds, Scenario

HOLDS, HOLDS_WITHIN, VIOLATED, NOTHING_KNOWN = "holds", "holds within a bound", "violated", "nothing is known"

#: Kinds that at-least-once delivery allows, at least after a fault.
MILD = ("duplicated", "recovered")

#: Findings that count as one problem: (kind, program, faults).
Kind: TypeAlias = tuple[str, str | None, tuple[str, ...]]


@dataclass(frozen=True)
class Problem:
    """One kind of finding under one set of faults.

    Attributes:
        kind, message, program: of the Finding in the simplest schedule.
        faults: the faults in these schedules, sorted, with repetition: ("crash",). Empty: order alone does it.
        schedules: how many schedules end in it.
        schedule: the shortest of them (of several shortest, that with the fewest switches between lanes), less programs
            that make no difference: they never begin. If the report is exhaustive, no complete schedule with this kind
            and these faults is shorter than the one this was made from.
    """

    kind: str
    message: str
    program: str | None
    faults: tuple[str, ...]
    schedules: int
    schedule: Schedule | None

    @property
    def by(self) -> str:
        """The faults in words: "a crash and a lost reply", or "order alone"."""
        return " and ".join(WORDS[fault] for fault in self.faults) or "order alone"

    @property
    def among(self) -> str:
        """In how many schedules, in words."""
        return f"{self.schedules:,} schedule{'s' * (self.schedules != 1)}"


@dataclass(frozen=True, repr=False)
class Report:
    """The result of a search. It displays itself; `str()` is the same as text.

    A report that "holds" has tried every schedule within the scenario's faults. Without a `bound`, each problem's
    schedule is the shortest of its kind and faults, and all counts are exact. Equal input gives equal counts, unless
    `seconds` cut the search short.

    Attributes:
        verdict: "holds" (every schedule was tried) · "holds within a bound" · "violated" · "nothing is known".
        bound: the reason why it stopped early, such as "5 s" or "interrupted"; None if the search is exhaustive.
        problems: the simplest first: fewest faults, then the shortest schedule. Duplicated and recovered come last,
            because at-least-once allows them.
        schedules: complete schedules covered. A state is run once, and counted as often as it's reached, so this
            is the same number as if each schedule were run by itself.
        losing: how many of them end in a finding.
        states: distinct states met.
        runs: schedules that were run, from their start.
        seconds: real time.
        faults: the allowed ones, in words.
        stories: how many of the schedules differ in more than the order of steps that commute, such as commands of two
            programs on two keys. None if nobody counted.
        unrun: those of the lines given to `explore` that ran in no schedule.
        source: what was explored, and within which bounds. `save` explores it again.
    """

    title: str
    verdict: str
    bound: str | None
    problems: tuple[Problem, ...]
    schedules: int
    losing: int
    states: int
    runs: int
    seconds: float
    faults: str = "no faults"
    stories: int | None = None
    unrun: frozenset[Line] = frozenset()
    source: tuple[Scenario, Bounds] | None = field(default=None, compare=False)

    @property
    def ok(self) -> bool:
        """No schedule that was tried violates anything, and at least one was tried."""
        return self.verdict in (HOLDS, HOLDS_WITHIN)

    @property
    def problem(self) -> Problem | None:
        """The simplest problem, or None."""
        return self.problems[0] if self.problems else None

    @property
    def schedule(self) -> Schedule | None:
        """The simplest schedule that violates something, or None."""
        return self.problem.schedule if self.problem else None

    @property
    def coverage(self) -> str:
        """One sentence that says how much was tried."""
        every = "" if self.bound else "every order; "
        stories = "" if self.stories is None else f", {self.stories:,} different {_stories(self.stories)}"
        words = f"{self.schedules:,} schedules{stories} ({every}{self.faults}) through {self.states:,} distinct states"
        return f"{words}, in {self.seconds:.1f} s" + (f"; stopped early: {self.bound}" if self.bound else "")

    @property
    def same_stories(self) -> str:
        """One sentence that says why there are fewer stories than schedules; "" if there aren't."""
        fewer = self.stories is not None and self.stories < self.schedules
        return "Schedules that only swap steps which don't affect each other tell the same story." if fewer else ""

    def save(self, path: str | Path) -> Path:
        """Write a page on which you walk through every state, forward and back, with Redis next to it.

        The page needs no kernel and loads nothing, so you can send it to anyone. To draw it, the scenario is explored
        again, without shortcuts. Returns the path. Raises ValueError if the report doesn't know its scenario.
        """
        if self.source is None:
            raise ValueError("this report doesn't know its scenario: save one that `await explore(scenario)` returned")
        from jobqueue.explorer.isolation.parent import draw_map

        with ThreadPoolExecutor(1) as thread:  # a notebook's own loop is running already
            html = thread.submit(asyncio.run, draw_map(*self.source)).result()
        Path(path).write_text(html, encoding="utf-8")
        return Path(path)

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.verdict}" if self.title else self.verdict, self.coverage]
        lines += [self.same_stories] if self.same_stories else []
        for problem in self.problems:
            lines.append(f"{problem.kind} (by {problem.by}, in {problem.among}): {problem.message}")
        if self.schedule:
            lines += ["", str(self.schedule)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Report: {self.verdict}, {self.losing:,} of {self.schedules:,} schedules go wrong>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from jobqueue.explorer.report.html import page

        return page(self)


class Summary(NamedTuple):
    """A problem before its schedule is run again: `choices` is the simplest way to it."""

    finding: Finding
    faults: tuple[str, ...]
    schedules: int
    choices: list[Choice]


def summarise(graph: Graph, limit: int = 12) -> tuple[int, int, list[Summary]]:
    """(schedules, losing schedules, problems) of a graph. At most `limit` problems, the simplest."""
    ways = graph.count()
    simplest = graph.simplest()
    counts: Counter[Kind] = Counter()
    best: dict[Kind, tuple[Finding, list[Choice]]] = {}
    for state, findings in graph.findings.items():
        for finding in {finding.kind: finding for finding in reversed(findings)}.values():
            group = (finding.kind, finding.program, graph.faults.get(state, ()))
            counts[group] += ways[state]
            way = simplest.get(state, [])
            if group not in best or _weight(way) < _weight(best[group][1]):
                best[group] = (finding, way)
    groups = sorted(
        best,
        key=lambda group: (group[0] in MILD, len(group[2]), len(best[group][1]), group[2], group[0], str(group[1])),
    )
    problems = [Summary(best[group][0], group[2], counts[group], best[group][1]) for group in groups[:limit]]
    ends = graph.findings.items()
    return sum(ways[end] for end, _ in ends), sum(ways[end] for end, findings in ends if findings), problems


def _stories(count: int) -> str:
    return "story" if count == 1 else "stories"


def _weight(way: list[Choice]) -> tuple[int, int, list[str]]:
    """The weight of a schedule: its length, then its switches between lanes. Names break ties, for equal results."""
    switches = sum(before.lane != after.lane for before, after in itertools.pairwise(way))
    return len(way), switches, list(map(str, way))
