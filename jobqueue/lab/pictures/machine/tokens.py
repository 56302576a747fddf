"""The jobs that the machine shows, each as a token in a slot. Pure: the past decides only which ones keep a slot."""

from collections.abc import Collection
from typing import NamedTuple

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.machine.places import CARDS, DELAYED, DONE, LEDGER, LETTERS, TAPE, Place, held_by
from jobqueue.lab.recording.frame import PelRow, WorldFrame

ROOMY = 6  # up to this many cards stay, even if their workers are gone and hold nothing


class Token(NamedTuple):
    """One job in the picture."""

    place: Place
    tier: str
    attempt: int = 1
    entry: str = ""
    worker: str = ""
    #: Seconds since its worker last renewed the lease; -1 if it isn't pending.
    idle: float = -1.0
    #: Its worker's process is dead.
    orphan: bool = False
    #: Its lease is over.
    late: bool = False
    #: The attempt before this one ended because its lease ran out.
    reaped: bool = False

    @property
    def look(self) -> str:
        """Its CSS classes, which decide how it's drawn."""
        marks = {"held": self.idle >= 0, "orphan": self.orphan, "late": self.late, "reaped": self.reaped}
        marks |= {"again": self.attempt > 1, "over": self.place.row in ("done", "dead")}
        return " ".join(("token", self.tier, *(mark for mark, is_so in marks.items() if is_so)))


class Ended(NamedTuple):
    """A job that is done. A frame only counts them, so the scene remembers the last few."""

    job: str
    tier: str
    attempt: int


def tokens(
    frame: WorldFrame,
    before: dict[str, Token],
    cards: tuple[str, ...],
    reaped: Collection[str],
    done: tuple[Ended, ...],
) -> dict[str, Token]:
    """The tokens of a frame, by job. If a frame has a job twice, the later place in its life counts."""
    shown = _waiting(frame, reaped) | _pending(frame, before, cards, reaped) | _delayed(frame, reaped)
    for i, letter in enumerate(reversed(frame.letters[-LETTERS:])):
        shown[letter.job] = Token(Place("dead", i), letter.tier, reaped=letter.job in reaped)
    for i, ended in enumerate(done[:DONE]):
        if ended.job not in shown:
            shown[ended.job] = Token(Place("done", i), ended.tier, ended.attempt, reaped=ended.job in reaped)
    return shown


def _waiting(frame: WorldFrame, reaped: Collection[str]) -> dict[str, Token]:
    shown: dict[str, Token] = {}
    for tier in TIERS:
        for i, head in enumerate(frame.heads.get(tier, [])[:TAPE]):
            shown[head.job] = Token(Place(tier, i), tier, head.attempt, head.entry, reaped=head.job in reaped)
    return shown


def _delayed(frame: WorldFrame, reaped: Collection[str]) -> dict[str, Token]:
    return {
        job: Token(Place("delayed", i), tier, attempt, reaped=job in reaped)
        for i, (_, tier, job, attempt) in enumerate(coming(frame)[:DELAYED])
    }


def coming(frame: WorldFrame) -> list[tuple[float, str, str, int]]:
    """The delayed jobs of all tiers, soonest first: due in seconds, tier, job, attempt."""
    return sorted((job.due, tier, job.job, job.attempt) for tier, jobs in frame.delayed_jobs.items() for job in jobs)


def _pending(
    frame: WorldFrame, before: dict[str, Token], cards: tuple[str, ...], reaped: Collection[str]
) -> dict[str, Token]:
    shown: dict[str, Token] = {}
    lease = frame.lease
    for worker in cards:
        held = [row for row in frame.ledger if row.worker == worker]
        for index, row in _slots(held, before, held_by(worker)).items():
            place, late = Place(held_by(worker), index), row.idle >= lease
            job, attempt = row.job, row.attempt
            shown[job] = Token(place, row.tier, attempt, row.entry, worker, row.idle, row.orphan, late, job in reaped)
    return shown


def _slots(held: list[PelRow], before: dict[str, Token], name: str) -> dict[int, PelRow]:
    """Rows by slot. An entry keeps its slot while it's pending, so that only what changed moves."""
    slots: dict[int, PelRow] = {}
    new: list[PelRow] = []
    for row in held:
        was = before.get(row.job)
        if was and was.entry == row.entry and was.place.row == name:
            slots[was.place.slot] = row
        else:
            new.append(row)
    free = (i for i in range(LEDGER) if i not in slots)
    return slots | dict(zip(free, sorted(new, key=_age), strict=False))


def _age(row: PelRow) -> list[int]:
    """An entry's id as numbers, in whose order entries are older or younger."""
    return [int(part) for part in row.entry.split("-") if part.isdigit()]


def cards(frame: WorldFrame, before: tuple[str, ...]) -> tuple[str, ...]:
    """The names on the cards, in the order in which they came. Consumers that are no workers have one, too.

    When a newcomer finds many cards, workers that are gone and hold nothing make room, the oldest first.
    """
    holders = dict.fromkeys(row.worker for row in frame.ledger)
    team = {worker.name: worker.state for worker in frame.workers}
    known = [*team, *(name for name in holders if name not in team)]
    over = {name for name in known if team.get(name) in ("dead", "gone") and name not in holders}
    if all(name in before or name in over for name in known):
        return before
    shown = [name for name in known if name in before or name not in over]
    spare = [name for name in shown if name in over][: max(0, len(shown) - ROOMY)]
    return tuple(name for name in shown if name not in spare)[:CARDS]


def lines(frame: WorldFrame, before: int) -> int:
    """The number of lines of tokens on a card: two, once a worker has held more than fit on one."""
    return 2 if any(worker.running > 8 for worker in frame.workers) else before
