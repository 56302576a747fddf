"""Which jobs of a frame are shown, each as a token in a slot. Pure; what was before decides only who keeps its slot."""

from collections.abc import Collection
from typing import NamedTuple

from jobqueue.lab.live.language import TIERS
from jobqueue.lab.live.machine_places import CARDS, DELAYED, DONE, LEDGER, LETTERS, TAPE, Place, held_by

ROOMY = 6  # as many workers' cards stay, even of workers who are gone and hold nothing


class Token(NamedTuple):
    """One job as it is shown."""

    place: Place
    tier: str
    attempt: int = 1
    entry: str = ""
    worker: str = ""
    #: Seconds since its worker was heard of; -1 for what is in nobody's hands.
    idle: float = -1.0
    #: Its worker's process is dead.
    orphan: bool = False
    #: Its lease is over.
    late: bool = False
    #: The attempt before this one ended with its lease running out.
    reaped: bool = False

    @property
    def look(self) -> str:
        """How it is drawn, as CSS classes."""
        marks = {"held": self.idle >= 0, "orphan": self.orphan, "late": self.late, "reaped": self.reaped}
        marks |= {"again": self.attempt > 1, "over": self.place.row in ("done", "dead")}
        return " ".join(("token", self.tier, *(mark for mark, is_so in marks.items() if is_so)))


class Ended(NamedTuple):
    """A job that is done: a frame only counts them, so the last few are remembered."""

    job: str
    tier: str
    attempt: int


def tokens(
    frame: dict, before: dict[str, Token], cards: tuple[str, ...], reaped: Collection[str], done: tuple[Ended, ...]
) -> dict[str, Token]:
    """The tokens of a frame, by job. Where a frame has a job twice, the place further on counts."""
    found = _waiting(frame, reaped) | _pending(frame, before, cards, reaped) | _delayed(frame, reaped)
    for i, (_, job, tier, _) in enumerate(reversed(frame["letters"][-LETTERS:])):
        found[job] = Token(Place("dead", i), tier, reaped=job in reaped)
    for i, ended in enumerate(done[:DONE]):
        if ended.job not in found:
            found[ended.job] = Token(Place("done", i), ended.tier, ended.attempt, reaped=ended.job in reaped)
    return found


def _waiting(frame: dict, reaped: Collection[str]) -> dict[str, Token]:
    found = {}
    for tier in TIERS:
        for i, (entry, job, attempt) in enumerate(frame["heads"].get(tier, ())[:TAPE]):
            found[job] = Token(Place(tier, i), tier, attempt, entry, reaped=job in reaped)
    return found


def _delayed(frame: dict, reaped: Collection[str]) -> dict[str, Token]:
    return {
        job: Token(Place("delayed", i), tier, attempt, reaped=job in reaped)
        for i, (_, tier, job, attempt) in enumerate(coming(frame)[:DELAYED])
    }


def coming(frame: dict) -> list[tuple[float, str, str, int]]:
    """What is delayed, of all tiers, soonest first: due in seconds, tier, job, attempt."""
    jobs = frame["delayed_jobs"]
    return sorted((due, tier, job, attempt) for tier in jobs for job, attempt, due in jobs[tier])


def _pending(
    frame: dict, before: dict[str, Token], cards: tuple[str, ...], reaped: Collection[str]
) -> dict[str, Token]:
    found, lease = {}, frame["lease"]
    for worker in cards:
        held = [row for row in frame["ledger"] if row["worker"] == worker]
        for index, row in _slots(held, before, held_by(worker)).items():
            place, late = Place(held_by(worker), index), row["idle"] >= lease
            job, attempt = row["job"], row["attempt"]
            found[job] = Token(
                place, row["tier"], attempt, row["entry"], worker, row["idle"], row["orphan"], late, job in reaped
            )
    return found


def _slots(held: list[dict], before: dict[str, Token], name: str) -> dict[int, dict]:
    """An entry keeps its slot for as long as it is pending, so that nothing moves which has not changed."""
    slots, new = {}, []
    for row in held:
        was = before.get(row["job"])
        if was and was.entry == row["entry"] and was.place.row == name:
            slots[was.place.index] = row
        else:
            new.append(row)
    free = (i for i in range(LEDGER) if i not in slots)
    return slots | dict(zip(free, sorted(new, key=_age), strict=False))


def _age(row: dict) -> list[int]:
    """Entry ids are numbers: in order of their age, not of their letters."""
    return [int(part) for part in row["entry"].split("-") if part.isdigit()]


def cards(frame: dict, before: tuple[str, ...]) -> tuple[str, ...]:
    """Whose cards are shown, in the order in which they came. Among them any consumer of the group who is none of the
    fleet. When somebody comes and there are many, those make room who are gone and hold nothing, the oldest first."""
    holders = dict.fromkeys(row["worker"] for row in frame["ledger"])
    team = {worker["name"]: worker["state"] for worker in frame["workers"]}
    known = [*team, *(name for name in holders if name not in team)]
    over = {name for name in known if team.get(name) in ("dead", "gone") and name not in holders}
    if all(name in before or name in over for name in known):
        return before
    shown = [name for name in known if name in before or name not in over]
    spare = [name for name in shown if name in over][: max(0, len(shown) - ROOMY)]
    return tuple(name for name in shown if name not in spare)[:CARDS]


def lines(frame: dict, before: int) -> int:
    """How many lines of tokens a card has: two from the moment when somebody holds more than fit on one."""
    return 2 if any(worker["running"] > 8 for worker in frame["workers"]) else before
