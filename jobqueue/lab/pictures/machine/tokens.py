"""The jobs that the machine shows, each as a token in a slot. Pure: the past decides only which ones keep a slot."""

from collections.abc import Collection
from typing import NamedTuple

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.machine.places import CARDS, DONE, LETTERS, FloorPlan, Place, held_by
from jobqueue.lab.recording.frame import DelayedJob, PelRow, WorldFrame

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
    #: A few letters that tell it from others.
    label: str = ""

    @property
    def look(self) -> str:
        """Its CSS classes, which decide how it's drawn."""
        marks = {"held": self.idle >= 0, "orphan": self.orphan, "late": self.late, "reaped": self.reaped}
        marks |= {"again": self.attempt > 1, "over": self.place.row in ("done", "dead")}
        marks |= {"labelled": bool(self.label), "long": is_long(self.label)}
        return " ".join(("token", self.tier, *(mark for mark, is_so in marks.items() if is_so)))


def is_long(label: str) -> bool:
    """Whether it needs a wider token."""
    return len(label) > 2


class Ended(NamedTuple):
    """A job that is done. A frame only counts them, so the scene remembers the last few."""

    job: str
    tier: str
    attempt: int
    label: str = ""


def tokens(
    frame: WorldFrame, before: dict[str, Token], plan: FloorPlan, reaped: Collection[str], done: tuple[Ended, ...]
) -> dict[str, Token]:
    """The tokens of a frame, by job. If a frame has a job twice, the later place in its life counts."""
    shown = _waiting(frame, plan) | _pending(frame, before, plan) | _delayed(frame, plan)
    for i, letter in enumerate(reversed(frame.letters[-LETTERS:])):
        shown[letter.job] = Token(Place("dead", i), letter.tier, label=letter.label)
    for i, ended in enumerate(done[:DONE]):
        if ended.job not in shown:
            shown[ended.job] = Token(Place("done", i), ended.tier, ended.attempt, label=ended.label)
    return shown | {job: shown[job]._replace(reaped=True) for job in shown.keys() & set(reaped)}


def _waiting(frame: WorldFrame, plan: FloorPlan) -> dict[str, Token]:
    shown: dict[str, Token] = {}
    for tier in TIERS:
        for i, head in enumerate(frame.heads.get(tier, [])[: plan.room.tape]):
            shown[head.job] = Token(Place(tier, i), tier, head.attempt, head.entry, label=head.label)
    return shown


def _delayed(frame: WorldFrame, plan: FloorPlan) -> dict[str, Token]:
    return {
        job.job: Token(Place("delayed", i), tier, job.attempt, label=job.label)
        for i, (tier, job) in enumerate(coming(frame)[: plan.room.delayed])
    }


def coming(frame: WorldFrame) -> list[tuple[str, DelayedJob]]:
    """The delayed jobs of all tiers, each with its tier, soonest first."""
    jobs = [(tier, job) for tier, jobs in frame.delayed_jobs.items() for job in jobs]
    return sorted(jobs, key=lambda each: (each[1].due, each[0], each[1].job))


def _pending(frame: WorldFrame, before: dict[str, Token], plan: FloorPlan) -> dict[str, Token]:
    shown: dict[str, Token] = {}
    for worker in plan.cards:
        held = [row for row in frame.ledger if row.worker == worker]
        for index, row in _slots(held, before, held_by(worker), 2 * plan.room.line).items():
            token = Token(Place(held_by(worker), index), row.tier, row.attempt, row.entry, worker, row.idle, row.orphan)
            shown[row.job] = token._replace(late=row.idle >= frame.lease, label=row.label)
    return shown


def _slots(held: list[PelRow], before: dict[str, Token], name: str, room: int) -> dict[int, PelRow]:
    """Rows by slot. An entry keeps its slot while it's pending, so that only what changed moves."""
    slots: dict[int, PelRow] = {}
    new: list[PelRow] = []
    for row in held:
        was = before.get(row.job)
        if was and was.entry == row.entry and was.place.row == name and was.place.slot < room:
            slots[was.place.slot] = row
        else:
            new.append(row)
    free = (i for i in range(room) if i not in slots)
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


def plan_floor(frame: WorldFrame, before: FloorPlan) -> FloorPlan:
    """The floor plan for this frame. Once tokens have become long, or a card has got a second line, it stays so."""
    labels = [row.label for row in frame.ledger] + [letter.label for letter in frame.letters]
    labels += [job.label for jobs in frame.heads.values() for job in jobs]
    labels += [job.label for jobs in frame.delayed_jobs.values() for job in jobs]
    now = FloorPlan(cards(frame, before.cards), before.lines, before.long or any(map(is_long, labels)))
    most = max((worker.running for worker in frame.workers), default=0)
    return now._replace(lines=2) if most > now.room.line else now
