"""Running a checker: one case after the other, with news on the way, until the first failure."""

import asyncio

from jobqueue.lab.check.display import show, showing_progress
from jobqueue.lab.check.misuse import TROUBLE, misuse
from jobqueue.lab.check.objections import objection
from jobqueue.lab.check.piece import Piece, where
from jobqueue.lab.check.verdict import Idea, Remark, Verdict
from jobqueue.lab.explorer import Report, explore

INTERRUPTED = Idea("interrupted", "It was stopped before it was done, so nothing is known for certain.")

#: Schedules that are run of one case: an answer has to come in time, on any machine, and be the same on each.
MOST = 3_000

#: Steps of a schedule that anybody would read.
LONGEST = 60


class Check:
    """A check that begins when it is awaited, and then displays and returns its Verdict."""

    def __init__(self, checker, function):
        self._checker = checker
        self._function = function
        self._recognise = True  # tests switch it off, to see that it changes nothing

    def __await__(self):
        return self._run().__await__()

    def __repr__(self):
        name = getattr(self._function, "__name__", "your_function")
        return f"Nothing has been checked yet. Write `await check.{self._checker.name}({name})`."

    def __getattr__(self, name):
        raise AttributeError(f"no {name} yet. {self!r}" if name in Verdict.__dataclass_fields__ else name)

    @property
    def name(self) -> str:
        """The checker's, "reaper"."""
        return self._checker.name

    @property
    def function(self):
        """What is checked."""
        return self._function

    async def _run(self) -> Verdict:
        verdict = await self.judge()
        show(verdict)
        return verdict

    async def judge(self) -> Verdict:
        """The verdict, without displaying it."""
        function, name = self._function, self._checker.name
        if idea := objection(function, self._checker.signature):
            tested = where(function) if hasattr(function, "__code__") else ""
            return self._wrong(idea, tested=tested)
        tally = Tally()
        with showing_progress(f"check.{name}", where(function)) as tell:
            for case in self._checker.cases(Piece(function)):
                report = await self._explore(case, tell)
                idea = tally.add(case, report)
                # The case itself may have been done when the interrupt came, and then does not say so.
                if report.bound == "interrupted" or asyncio.current_task().cancelling():
                    idea = INTERRUPTED
                if idea:
                    return self._wrong(idea, **tally.facts(), case=case.title, schedule=tally.schedule)
        facts = tally.facts()
        doubled = "some" if tally.doubles else "0"
        counted = self._checker.counted.format(schedules=tally.schedules, states=tally.states, doubled=doubled)
        return Verdict(name, True, **facts, lesson=self._checker.lesson, tested=where(function), counted=counted)

    async def _explore(self, case, tell) -> Report:
        return await explore(
            case.scenario,
            schedules=case.runs or MOST,
            steps=case.steps,
            recognise=case.recognise and self._recognise,
            on_progress=lambda progress: tell(case.title, progress),
        )

    def _wrong(self, idea: Idea, tested: str | None = None, **facts) -> Verdict:
        if tested is None:
            tested = where(self._function)
        lesson = idea.lesson or self._checker.lesson
        told = {"bug": idea.bug, "failure": idea.failure, "words": idea.words, "lesson": lesson, "tested": tested}
        return Verdict(self._checker.name, False, **told, **facts)


class Tally:
    """What has been tried, and what there is to say about it."""

    def __init__(self):
        self.schedules = self.states = 0
        self.cases = []
        self.remarks = {}  # in order, each once
        self.schedule = None
        self.doubles = False  # some remark is about a job that runs twice

    def add(self, case, report: Report) -> Idea | None:
        """Count a report; returns the Idea behind the simplest problem that is a failure."""
        self.schedules += report.schedules
        self.states += report.states
        self.cases.append(case.title + (f" (not all of it: {report.bound})" if report.bound else ""))
        for problem in sorted(report.problems, key=_telling):
            found = case.diagnose(problem, report) or misuse(problem)
            if isinstance(found, Idea):
                drawn = problem.schedule
                self.schedule = drawn if drawn and len(drawn) <= LONGEST else None
                return found
            if isinstance(found, Remark):
                self.remarks.setdefault(found.words)
                self.doubles |= found.doubles
        return None

    def facts(self) -> dict:
        return {
            "schedules": self.schedules,
            "states": self.states,
            "cases": tuple(self.cases),
            "remarks": tuple(self.remarks),
        }


def _telling(problem) -> tuple[bool, bool]:
    """Sorts what explains most to the front; otherwise what is simple comes first.

    What goes wrong with the program itself, unprovoked, explains whatever else is wrong. And everybody knows crashes,
    while a lost reply takes some thought.
    """
    unprovoked = problem.kind in TROUBLE and not problem.faults
    return not unprovoked, "lose_reply" in problem.faults or "refuse_memory" in problem.faults
