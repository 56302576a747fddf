"""How a checker is made: a signature, and cases, each a scenario for the explorer and a way to name what it finds.

    def cases(piece):                       # piece: the learner's function, ready to be called in the explorer's child
        async def reaper(redis, world):
            await piece(redis, "jobs", "workers", 30_000)     # a sync function is called without `await`

        yield Case("one stale job", Scenario({"reaper": reaper}, setup, finish, [nothing_lost]), diagnose)

    def diagnose(problem, report):          # problem: of the explorer's report, called for each, simplest first
        if problem.kind == "lost":
            return Idea("ack-then-requeue", "the job is gone: …", "F20")     # the verdict
        if problem.kind == "duplicated":
            return Remark("a job may run twice when …")                      # said, but allowed
        return None                         # nothing to say; a function that raised, hung … is dealt with elsewhere

    CHECKER = Checker("reaper", "async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)", cases,
                      lesson="03-reaper · Repair")

    def check(fn) -> Check:
        '''… what it tries …'''
        return CHECKER(fn)

Cases run in order, and the first Idea ends it: put what is simple, quick and telling first. An invariant may name the
bug itself, `Finding("over-capacity", …)`, which `diagnose` then finds in `problem.kind`. Everything must be picklable
by cloudpickle. All cases together have 4 s: keep them small, and say `runs` where they may not be.

Dealt with for every checker, before and after `diagnose`: what is no function or has another signature, stubs,
exceptions, missing awaits, endless loops, hangs, leaked tasks, prints, connections of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from jobqueue.lab.check.run import Check
from jobqueue.lab.check.verdict import Idea, Remark
from jobqueue.lab.explorer import Problem, Report, Scenario


@dataclass(frozen=True)
class Case:
    """One thing that is tried.

    Attributes:
        title: what, in one line that the learner reads: "two reapers at once".
        scenario: for the explorer.
        diagnose: `(problem, report) -> Idea | Remark | None`, see above.
        runs: schedules to run at most; None for as many as are ever run, see run.py.
        steps: commands of one program, at most; one more counts as endless.
        recognise: equal states are explored once. Switched off for one long program beside none, it is quicker.
    """

    title: str
    scenario: Scenario
    diagnose: Callable[[Problem, Report], Idea | Remark | None]
    runs: int | None = None
    steps: int = 100
    recognise: bool = True


@dataclass(frozen=True)
class Checker:
    """Called with the learner's function, it returns a Check, which is to be awaited.

    Attributes:
        name: as in `check.reaper`.
        signature: what the learner writes, as one line of Python without the colon.
        cases: `(piece) -> iterable of Case`.
        lesson: where the learner reads on, "03-reaper · Repair".
        counted: the words of a pass; may use {schedules}, {states} and {doubled}, which is 0 or some.
    """

    name: str
    signature: str
    cases: Callable[[Callable], Iterable[Case]]
    lesson: str
    counted: str = "{schedules:,} schedules, {states:,} states, 0 lost, {doubled} doubled"

    def __call__(self, function) -> Check:
        return Check(self, function)
