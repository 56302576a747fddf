"""What an exploration has to say."""

import itertools
from collections import Counter
from dataclasses import dataclass

from jobqueue.lab.explorer.graph import Graph
from jobqueue.lab.explorer.record import Choice, Finding
from jobqueue.lab.explorer.replay import Schedule
from jobqueue.lab.explorer.scenario import WORDS

HOLDS, HOLDS_WITHIN, VIOLATED, NOTHING_KNOWN = "holds", "holds within a bound", "violated", "nothing is known"

#: What at-least-once delivery allows, at least after a fault.
MILD = ("duplicated", "recovered")


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
    """Displays itself; `str()` is the same as text.

    Attributes:
        verdict: "holds" (every schedule was tried) · "holds within a bound" · "violated" · "nothing is known".
        bound: why it stopped early, such as "5 s" or "interrupted"; None if the search is exhaustive.
        problems: everything found, simplest first: fewest faults, then the shortest schedule; what at-least-once allows
            (duplicated, recovered) comes last.
        schedules: complete schedules covered. States met again are run once and counted as often as they are reached,
            so this is what running each schedule by itself would count.
        losing: how many of them end in a finding.
        states: distinct states met.
        runs: schedules that were run, from their start.
        seconds: real time.
        faults: those allowed, in words.
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
        return self.problem and self.problem.schedule

    @property
    def coverage(self) -> str:
        """One sentence: how much was tried."""
        every = "" if self.bound else "every order; "
        words = f"{self.schedules:,} schedules ({every}{self.faults}) through {self.states:,} distinct states"
        return f"{words}, in {self.seconds:.1f} s" + (f"; stopped early: {self.bound}" if self.bound else "")

    def __str__(self):
        lines = [f"{self.title}: {self.verdict}" if self.title else self.verdict, self.coverage]
        for problem in self.problems:
            lines.append(f"{problem.kind} (by {problem.by}, in {problem.among}): {problem.message}")
        if self.schedule:
            lines += ["", str(self.schedule)]
        return "\n".join(lines)

    def __repr__(self):
        return f"<Report: {self.verdict}, {self.losing:,} of {self.schedules:,} schedules go wrong>"

    def _repr_pretty_(self, printer, cycle):
        printer.text(str(self))

    def _repr_html_(self):
        from jobqueue.lab.explorer.html import page

        return page(self)


def summarise(graph: Graph, limit: int = 12) -> tuple[int, int, list[tuple[Finding, tuple, int, list[Choice]]]]:
    """(schedules, losing schedules, problems) of a graph; a problem is (finding, faults, schedules, simplest choices).

    At most `limit` problems, the simplest.
    """
    ways = graph.count()
    simplest = graph.simplest()
    counts, best = Counter(), {}
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
    problems = [(best[group][0], group[2], counts[group], best[group][1]) for group in groups[:limit]]
    ends = graph.findings.items()
    return sum(ways[end] for end, _ in ends), sum(ways[end] for end, found in ends if found), problems


def _weight(way: list[Choice]) -> tuple:
    """Shorter is simpler, then fewer switches between lanes; names decide only so that it is always the same."""
    switches = sum(before.lane != after.lane for before, after in itertools.pairwise(way))
    return len(way), switches, list(map(str, way))
