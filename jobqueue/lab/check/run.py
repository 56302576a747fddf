"""Running a checker: one case after the other, with news on the way, until the first failure."""

import asyncio
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from jobqueue.errors import ServerFailed, ServerNotFound
from jobqueue.explorer import Problem, Report, Schedule, explore
from jobqueue.explorer.engine import blame
from jobqueue.explorer.engine.lines import Line
from jobqueue.explorer.isolation.session import PRELOAD, Session
from jobqueue.lab.check.display import NOT_WRITTEN, show, show_both
from jobqueue.lab.check.gone import gone, lasting
from jobqueue.lab.check.misuse import TROUBLE, broken, misuse
from jobqueue.lab.check.objections import accept
from jobqueue.lab.check.piece import Piece, where
from jobqueue.lab.check.progress import Tell, showing_progress
from jobqueue.lab.check.untried import lines_of, remark
from jobqueue.lab.check.verdict import Idea, Remark, Verdict
from jobqueue.lab.own.passed import is_kits_own, remember
from jobqueue.lab.workshop.join import enter, take_note, tell_verdict
from jobqueue.printable import escape_html

if TYPE_CHECKING:
    from jobqueue.lab.check.checker import Case, Checker

PRELOAD.append("jobqueue.lab.check")
blame.MACHINERY.append(str(Path(__file__).parent))

INTERRUPTED = Idea(
    "interrupted", "You stopped the check before it was done. So it isn't known yet if your function works."
)

#: Bugs by which a verdict says that there's nothing to judge yet, so a workshop doesn't count it.
NO_ANSWER = (NOT_WRITTEN, INTERRUPTED.bug)

#: Schedules that are run of one case: an answer has to come in time, on any machine, and be the same on each.
MOST = 3_000

#: The same for states, because schedules with many tasks are long: no answer in the zoo needs half as many.
MOST_STATES = 6_000

#: The longest schedule that's shown, and the widest, in lanes: anything more is no help.
LONGEST = 60
WIDEST = 12


class Check:
    """A check that begins when it's awaited, and then displays and returns its Verdict."""

    def __init__(self, checker: "Checker", function: Callable[..., Any]):
        self._checker = checker
        self._function = function
        self._unrun: frozenset[Line] = frozenset()  # lines that ran in no case so far
        self._recognise = self._reduce = True  # tests switch them off, to see that it changes nothing
        self._session: Session | None = None  # all cases share one

    def __await__(self) -> Generator[Any, None, Verdict]:
        return self._run().__await__()

    def __repr__(self) -> str:
        name = getattr(self._function, "__name__", "your_function")
        return f"Nothing has been checked yet. Write `await check.{self._checker.name}({name})`."

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no {name} yet. {self!r}" if name in Verdict.__dataclass_fields__ else name)

    @property
    def name(self) -> str:
        """The checker's name, "reaper"."""
        return self._checker.name

    @property
    def function(self) -> Callable[..., Any]:
        """The learner's function."""
        return self._function

    async def _run(self) -> Verdict:
        enter()
        began = time.monotonic()
        verdict = await self.judge()
        show(verdict)
        if verdict.bug not in NO_ANSWER and not is_kits_own(self._function):
            tell_verdict(verdict.checker, verdict.ok, verdict.failure, time.monotonic() - began)
        if note := take_note():
            show_both(note, f"<p><small>{escape_html(note)}</small></p>")
        return verdict

    async def judge(self, session: Session | None = None) -> Verdict:
        """Return the verdict without displaying it. `session` runs all cases; without one, a new child process does."""
        tried, function = Tried(), accept(self._function, self._checker.signature)
        if isinstance(function, Idea):
            return self._wrong(function, tried)
        self._unrun = lines_of(function)
        with showing_progress(f"check.{self.name}", where(function)) as tell:
            async with session or Session() as self._session:
                for case in self._checker.cases(Piece(function)):
                    try:
                        report = await self._explore(case, tell)
                        idea = tried.add(case, report)
                    except (ServerNotFound, ServerFailed):  # which aren't the function's fault
                        raise
                    except Exception as error:
                        return self._wrong(broken(error), tried, case.title)
                    # The case itself may have been done when the interrupt came, and then doesn't say so.
                    task = asyncio.current_task()
                    if report.bound == "interrupted" or (task and task.cancelling()):
                        idea = INTERRUPTED
                    if idea:
                        return self._wrong(idea, tried, case.title)
        if untried := remark(function, self._unrun):
            tried.remarks.setdefault(untried.words)
        return self._right(tried)

    async def _explore(self, case: "Case", tell: Tell) -> Report:
        report = await explore(
            replace(case.scenario, invariants=[*case.scenario.invariants, lasting]),
            schedules=case.runs or MOST,
            steps=case.steps,
            states=MOST_STATES,
            recognise=case.recognise and self._recognise,
            reduce=self._reduce,
            session=self._session,
            lines=self._unrun,
            on_progress=lambda progress: tell(case.title, progress),
        )
        self._unrun = report.unrun
        return report

    def _right(self, tried: "Tried") -> Verdict:
        doubled = "some" if tried.doubles else "0"
        counted = self._checker.counted.format(schedules=tried.schedules, states=tried.states, doubled=doubled)
        remember(self._checker.piece, self._function, counted)
        return self._verdict(tried, ok=True, counted=counted)

    def _wrong(self, idea: Idea, tried: "Tried", case: str = "") -> Verdict:
        named = {"bug": idea.bug, "failure": idea.failure, "words": idea.words}
        return self._verdict(tried, ok=False, **named, case=case, schedule=tried.schedule)

    def _verdict(self, tried: "Tried", **facts: Any) -> Verdict:
        function = getattr(self._function, "__func__", self._function)  # of a method
        return Verdict(
            self.name,
            tested=where(function) if isinstance(function, FunctionType) else "",
            lesson=self._checker.lesson,
            remarks=tuple(tried.remarks),
            schedules=tried.schedules,
            states=tried.states,
            stories=tried.stories,
            cases=tuple(tried.cases),
            **facts,
        )


class Tried:
    """A count of everything tried, and the remarks about it."""

    def __init__(self) -> None:
        self.schedules = self.states = 0
        self.stories: int | None = 0
        self.cases: list[str] = []
        self.remarks: dict[str, None] = {}  # in order, each once
        self.schedule: Schedule | None = None
        self.doubles = False  # some remark is about a job that runs twice

    def add(self, case: "Case", report: Report) -> Idea | None:
        """Count a report. Return the Idea behind the simplest problem that's a failure."""
        self.schedules += report.schedules
        self.states += report.states
        stories = 1 if report.schedules == 1 else report.stories
        self.stories = None if stories is None or self.stories is None else self.stories + stories
        self.cases.append(case.title + (f" (not all of it: {report.bound})" if report.bound else ""))
        for problem in sorted(report.problems, key=_telling):
            idea = gone(problem) or case.diagnose(problem) or misuse(problem)
            if isinstance(idea, Idea):
                drawn = problem.schedule
                self.schedule = drawn if drawn and len(drawn) <= LONGEST and len(drawn.lanes) <= WIDEST else None
                return idea
            if isinstance(idea, Remark):
                self.remarks.setdefault(idea.words)
                self.doubles |= idea.doubles
        return None


def _telling(problem: Problem) -> tuple[bool, bool]:
    """Sort the most telling problems to the front. Otherwise the simple ones come first.

    A program that goes wrong unprovoked explains all else that's wrong. And crashes are well known, while a lost reply
    takes some thought.
    """
    unprovoked = problem.kind in TROUBLE and not problem.faults
    return not unprovoked, "lose_reply" in problem.faults or "refuse_memory" in problem.faults
