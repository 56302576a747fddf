"""How a checker is made: a signature, and cases, each a scenario for the explorer and a way to name its problems.

    @checker("async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)", "03-reaper · Repair")
    def reaper(piece):                      # piece: the learner's function, ready to be called in the explorer's child
        '''… the task, and everything that's tried …'''
        async def program(redis, world):
            await piece(redis, "jobs", "workers", 30_000)     # a sync function is called without `await`

        yield Case("one stale job", Scenario({"reaper": program}, setup, finish, [nothing_lost]), diagnose)

    def diagnose(problem):                  # called for each problem of the explorer's report, simplest first
        if problem.kind == "lost":
            return Idea("ack-then-requeue", "Your function …", "F20")        # the verdict
        if problem.kind == "doubled":
            return Remark("If a worker dies …, its job runs twice …")        # shown, but allowed
        return None                         # nothing to say; misuse.py deals with functions that raise, hang …

Cases run in order, and the first Idea ends the check, so put simple, quick and telling ones first. A rule may name the
bug itself, as `Finding("over-capacity", …)`; then `diagnose` finds that name in `problem.kind`. cloudpickle must be
able to pickle everything. All cases together have 4 s. Keep them small, and give `runs` where they may not be.

Every checker also deals with arguments that aren't functions or have another signature (objections.py), with stubs,
exceptions, missing awaits, endless loops, hangs and leaked tasks (misuse.py), and with streams that are gone (gone.py).
Of a function that passes it mentions the lines that never ran (untried.py).
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from jobqueue.explorer import Scenario
from jobqueue.lab.check.ideas import Diagnose
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.run import Check

COUNTED = "{schedules:,} schedules, {states:,} states, 0 lost, {doubled} doubled"


@dataclass(frozen=True)
class Case:
    """One thing that a checker tries.

    Attributes:
        title: one line for the learner: "two reapers at once".
        scenario: for the explorer.
        diagnose: `(problem) -> Idea | Remark | None`, see above.
        runs: run at most this many schedules; None for the most that any case gets, see run.py.
        steps: a program may send this many commands; one that sends more counts as endless.
        recognise: explore equal states once. For one long program alone it's quicker without.
    """

    title: str
    scenario: Scenario
    diagnose: Diagnose
    runs: int | None = None
    steps: int = 100
    recognise: bool = True


class Checker:
    """A checker, such as `check.reaper`: call it with the learner's function, and await the Check that it returns.

    Attributes:
        name: as in `check.reaper`.
        signature: the learner's function, as one line of Python without the colon.
        cases: `(piece) -> iterable of Case`.
        lesson: where the learner reads on, "03-reaper · Repair".
        counted: the words of a pass; may use {schedules}, {states} and {doubled}, which is 0 or some.
    """

    def __init__(self, cases: "Cases", signature: str, lesson: str, counted: str, check: "MakeCheck"):
        self.name, self.cases, self._check = cases.__name__, cases, check
        self.signature, self.lesson, self.counted = signature, lesson, counted
        functools.update_wrapper(self, cases)  # for `check.reaper?`

    def __call__(self, function: Callable[..., Any]) -> Check:
        return self._check(self, function)

    @property
    def piece(self) -> str:
        """The name of the function that it expects, "reap_stale_jobs"."""
        return self.signature.partition("def ")[2].partition("(")[0]


Cases = Callable[[Piece], Iterable[Case]]
MakeCheck = Callable[[Checker, Callable[..., Any]], Check]


def checker(
    signature: str, lesson: str, counted: str = COUNTED, check: MakeCheck = Check
) -> Callable[[Cases], Checker]:
    """Make a Checker of the function that lists its cases. Its name and its docstring become the checker's."""
    return lambda cases: Checker(cases, signature, lesson, counted, check)
