"""The ways that jobs took from where they were shown to where they are now. Pure."""

from itertools import pairwise
from typing import NamedTuple

from jobqueue.lab.pictures.base.language import TIERS
from jobqueue.lab.pictures.machine.places import FloorPlan, Place, held_by
from jobqueue.lab.pictures.machine.tokens import Token
from jobqueue.lab.recording.frame import Event, WorldFrame

#: Moves that happen all the time. The rest is what lessons are about.
COMMON = ("accepted", "fetched", "done")
FROM_HANDS = ("done", "reaped", "retried", "dead", "released")
RARE = ("reaped", "retried", "dead", "promoted", "released", "replayed", "cancelled", "discarded")
#: The move that must have happened if there's no event: from row to row, by their kinds.
GUESS = {
    ("tier", "worker"): "fetched",
    ("worker", "tier"): "reaped",
    ("worker", "delayed"): "retried",
    ("worker", "done"): "done",
    ("worker", "dead"): "dead",
    ("delayed", "tier"): "promoted",
    ("dead", "tier"): "replayed",
}


class Step(NamedTuple):
    """One transition: its name, and the place it leads to."""

    kind: str
    to: Place


class Hop(NamedTuple):
    """One job's way since the last frame. If it doesn't stay, it's out of sight at its end."""

    job: str
    token: Token
    start: Place
    steps: tuple[Step, ...]
    stays: bool

    @property
    def is_rare(self) -> bool:
        return any(step.kind in RARE for step in self.steps)

    @property
    def routes(self) -> list[tuple[str, str, str]]:
        """Kind, from row and to row of each step."""
        rows = [self.start.row, *(step.to.row for step in self.steps)]
        return [(step.kind, *pair) for step, pair in zip(self.steps, pairwise(rows), strict=True)]


def hops(before: dict[str, Token], now: dict[str, Token], frame: WorldFrame, plan: FloorPlan) -> list[Hop]:
    """The way of every job that changed its place, in the picture or by its events."""
    happened: dict[str, list[Event]] = {}
    for event in frame.events:
        if event.event in COMMON or event.event in RARE:
            happened.setdefault(event.job, []).append(event)
    return [
        hop
        for job in dict.fromkeys((*happened, *now))  # in the order in which things happened
        if (hop := _hop(job, before.get(job), now.get(job), happened.get(job, []), frame, plan))
    ]


def _hop(
    job: str, was: Token | None, now: Token | None, events: list[Event], frame: WorldFrame, plan: FloorPlan
) -> Hop | None:
    if was and now and was.place.row == now.place.row and was.entry == now.entry:
        return None
    steps = _steps(events, was, frame, plan)
    if now:
        steps = _arrived(steps, was, now)
    if not steps or (not was and not now and steps[-1].kind == "fetched"):
        return None
    start = was.place if was else _origin(events[0], plan) if events else Place(f"cursor:{now.tier if now else ''}")
    if now:
        return Hop(job, now, start, tuple(steps), stays=True)
    steps[-1] = Step(steps[-1].kind, _out_of_sight(steps[-1].to))
    return Hop(job, _passing(was, start, events), start, tuple(steps), stays=False)


def _steps(events: list[Event], was: Token | None, frame: WorldFrame, plan: FloorPlan) -> list[Step]:
    """The steps by their events, and each fetch that must have come before one of them."""
    steps: list[Step] = []
    here = was.place.row if was else ""
    for event in events:
        to = _target(event, frame, plan)
        if event.event == "fetched" and to.row == here:
            continue  # a worker's log was read late, after the picture had shown it
        if event.event in FROM_HANDS and here in TIERS and event.worker in plan.cards:
            steps.append(Step("fetched", _worker(event, plan)))
        steps.append(Step(event.event, to))
        here = to.row
    return steps


def _passing(was: Token | None, start: Place, events: list[Event]) -> Token:
    """The look of a job on its way out of sight."""
    kinds = [event.event for event in events]
    token = was or Token(start, events[0].tier or "normal", events[0].attempt or 1)
    again = ("reaped" in kinds) + ("retried" in kinds)
    reaped = token.reaped or "reaped" in kinds
    return token._replace(attempt=token.attempt + again, idle=-1.0, orphan=False, late=False, reaped=reaped)


def _arrived(steps: list[Step], was: Token | None, now: Token) -> list[Step]:
    """Make the steps end where the job is. If a job nobody saw before is pending, it was fetched; if it's elsewhere, it
    only came into sight."""
    if steps and steps[-1].to.row == now.place.row:
        return [*steps[:-1], Step(steps[-1].kind, now.place)]
    here = _kind(steps[-1].to.row if steps else was.place.row if was else now.tier)
    if kind := GUESS.get((here, _kind(now.place.row))):
        return [*steps, Step(kind, now.place)]
    return [*steps[:-1], Step(steps[-1].kind, now.place)] if steps else []


def _kind(row: str) -> str:
    return "tier" if row in TIERS else row.split(":")[0]


def _worker(event: Event, plan: FloorPlan) -> Place:
    return Place(held_by(event.worker)) if event.worker in plan.cards else Place("pel")


def _target(event: Event, frame: WorldFrame, plan: FloorPlan) -> Place:
    match event.event:
        case "fetched":
            return _worker(event, plan)
        case "retried":
            return Place("delayed", max(0, min(sum(frame.delayed.values()), plan.room.delayed) - 1))
        case "done" | "dead" as row:
            return Place(row)
        case "cancelled" | "discarded":
            return Place("out:done")
    tier = event.tier if event.tier in TIERS else "normal"
    tail = min(frame.waiting.get(tier, 0), plan.room.tape - 1)
    return Place(tier, tail)  # because a stream only appends


def _origin(event: Event, plan: FloorPlan) -> Place:
    tier = event.tier if event.tier in TIERS else "normal"
    match event.event:
        case "accepted":
            return Place(f"in:{tier}")
        case "fetched":
            return Place(f"cursor:{tier}")
        case "promoted":
            return Place("more:delayed")
        case "replayed" | "discarded":
            return Place("dead")
        case "cancelled":
            return Place(f"more:{tier}")
    return _worker(event, plan)


def _out_of_sight(place: Place) -> Place:
    """The end of a row, where hidden jobs go."""
    return Place(f"more:{place.row}") if _kind(place.row) in ("tier", "delayed", "worker") else place
