"""What a checker answers: a Verdict, and the small values it is made of."""

from dataclasses import dataclass

from jobqueue.lab.explorer import Schedule


@dataclass(frozen=True)
class Idea:
    """A wrong idea, as a checker names it.

    Attributes:
        bug: short and stable, such as "ack-then-requeue"; what tests compare.
        words: one to three sentences in the learner's terms: what went wrong, and when. Never how to repair it.
        failure: its id in the catalogue of failures, such as "F20"; None if it is not in there.
        lesson: where it is explained; None: where the checker says.
    """

    bug: str
    words: str
    failure: str | None = None
    lesson: str | None = None


@dataclass(frozen=True)
class Remark:
    """Something worth saying that is no failure, such as a duplicate that takes a crash. One to two sentences."""

    words: str
    #: It is about a job that runs twice: the pass may not say "0 doubled" beside it.
    doubles: bool = False


@dataclass(frozen=True, repr=False)
class Verdict:
    """What is wrong with a function, or how much was tried without finding anything. Displays itself.

    Attributes:
        checker: its name, "reaper".
        ok: no failure was found.
        bug, failure, words: of the Idea (see there); None, None and "" if ok.
        schedule: the shortest that shows the bug, with its picture; None if ok, or if there is nothing to draw.
        case: what was tried when it went wrong, "one stale job, and a reaper that may die anywhere".
        remarks: what is worth saying, but allowed, in words.
        schedules, states: how many were tried, in all cases together.
        cases: what was tried, one line each.
        lesson: where to read on, "03-reaper · Repair".
        tested: the first line of the function, and where it stands, for cells go stale.
        counted: "12 schedules, 40 states, 0 lost, 0 doubled" of a function that passed.
    """

    checker: str
    ok: bool
    bug: str | None = None
    failure: str | None = None
    words: str = ""
    schedule: Schedule | None = None
    case: str = ""
    remarks: tuple[str, ...] = ()
    schedules: int = 0
    states: int = 0
    cases: tuple[str, ...] = ()
    lesson: str = ""
    tested: str = ""
    counted: str = ""

    def __str__(self):
        from jobqueue.lab.check.display import text

        return text(self)

    def __repr__(self):
        return f"<Verdict of check.{self.checker}: {self.counted if self.ok else self.bug}>"

    def _repr_html_(self):
        from jobqueue.lab.check.display import page

        return page(self)

    def _ipython_display_(self):
        from jobqueue.lab.check.display import show_unless_shown

        show_unless_shown(self)
