"""The answer of a checker: a Verdict, and the small values it's made of."""

from dataclasses import dataclass

from jobqueue.explorer import Schedule


@dataclass(frozen=True)
class Idea:
    """A wrong idea, with the name and the words that a checker gives it.

    Attributes:
        bug: short and stable, such as "ack-then-requeue"; tests compare it.
        words: one to three sentences for the learner: "Your function did X. So Y happened." Never the fix.
        failure: its id in the catalogue of failures, such as "F20"; None if it isn't in there.
    """

    bug: str
    words: str
    failure: str | None = None


@dataclass(frozen=True)
class Remark:
    """Something worth saying that's no failure, such as a duplicate that takes a crash. One or two sentences."""

    words: str

    @property
    def doubles(self) -> bool:
        """Whether it's about a job that runs twice, so that the pass may not say "0 doubled" next to it."""
        return "twice" in self.words


@dataclass(frozen=True, repr=False)
class Verdict:
    """The fault of a function, or how much was tried without finding one. Displays itself.

    Attributes:
        checker: its name, "reaper".
        ok: no failure came up.
        bug, failure, words: of the Idea (see there); None, None and "" if ok.
        schedule: the shortest that shows the bug, with its picture; None if ok, or if there's nothing to draw.
        case: the case in which it went wrong, "one stale job, and a reaper that may die anywhere".
        remarks: things that are allowed, and worth saying, in words.
        schedules, states: how many were tried, in all cases together.
        stories: how many of the schedules differ in more than the order of steps that don't affect each other; None if
            that isn't known of all cases.
        cases: all cases that were tried, one line each.
        lesson: where to read on, "03-reaper · Repair".
        tested: the first line of the function, and where it stands, because cells go stale.
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
    stories: int | None = None
    cases: tuple[str, ...] = ()
    lesson: str = ""
    tested: str = ""
    counted: str = ""

    def __str__(self) -> str:
        from jobqueue.lab.check.display import text

        return text(self)

    def __repr__(self) -> str:
        return f"<Verdict of check.{self.checker}: {self.counted if self.ok else self.bug}>"

    def _repr_html_(self) -> str:
        from jobqueue.lab.check.display import page

        return page(self)

    def _ipython_display_(self) -> None:
        from jobqueue.lab.check.display import show_unless_shown

        show_unless_shown(self)
