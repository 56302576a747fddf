"""How jobs came from where they were shown to where they are now: hops to glide along, bundles, and trails. Pure."""

from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from jobqueue.lab.live.language import TIERS
from jobqueue.lab.live.machine_places import DELAYED, TAPE, Place, held_by
from jobqueue.lab.live.machine_tokens import Token

#: What happens all the time; the rest is what a lesson is about.
COMMON = ("accepted", "fetched", "done")
FROM_HANDS = ("done", "reaped", "retried", "dead", "released")
RARE = ("reaped", "retried", "dead", "promoted", "released", "replayed", "cancelled", "discarded")
#: How many jobs may glide one by one: at most so many at once, and in the long run so many a second.
AT_ONCE = dict.fromkeys(COMMON, 24.0) | {"rare": 40.0}
A_SECOND = dict.fromkeys(COMMON, 10.0) | {"rare": 20.0}
BUNDLE_SECONDS = 1.0  # what did not glide by itself goes together, so often

#: What must have happened, where no event tells: from row to row, by their kinds.
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
    """One transition: what it is called, and where it leads."""

    kind: str
    to: Place


class Hop(NamedTuple):
    """One job's way since the last frame. If it does not stay, it is out of sight at its end."""

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
        """Of each step: kind, from row, to row."""
        rows = [self.start.row, *(step.to.row for step in self.steps)]
        return [(step.kind, *pair) for step, pair in zip(self.steps, pairwise(rows), strict=True)]


def hops(before: dict[str, Token], now: dict[str, Token], frame: dict, cards: tuple[str, ...]) -> list[Hop]:
    """The way of every job that changed its place, seen or told of."""
    happened: dict[str, list[dict]] = {}
    for event in frame["events"]:
        if event["event"] in COMMON or event["event"] in RARE:
            happened.setdefault(event["job"], []).append(event)
    return [
        hop
        for job in dict.fromkeys((*happened, *now))  # in the order in which things happened
        if (hop := _hop(job, before.get(job), now.get(job), happened.get(job, []), frame, cards))
    ]


def _hop(job: str, was: Token | None, now: Token | None, events: list[dict], frame: dict, cards) -> Hop | None:
    if was and now and was.place.row == now.place.row and was.entry == now.entry:
        return None
    steps = _told(events, was, frame, cards)
    if now:
        steps = _arrived(steps, was, now)
    if not steps or (not was and not now and steps[-1].kind == "fetched"):
        return None
    start = was.place if was else _origin(events[0], cards) if events else Place(f"cursor:{now.tier}")
    if now:
        return Hop(job, now, start, tuple(steps), stays=True)
    steps[-1] = Step(steps[-1].kind, _out_of_sight(steps[-1].to))
    return Hop(job, _passing(was, start, events), start, tuple(steps), stays=False)


def _told(events: list[dict], was: Token | None, frame: dict, cards: tuple[str, ...]) -> list[Step]:
    """The steps that events tell of, and each fetch that must have come before one of them."""
    steps, here = [], was.place.row if was else ""
    for event in events:
        to = _target(event, frame, cards)
        if event["event"] == "fetched" and to.row == here:
            continue  # a worker's log told late what was seen before
        if event["event"] in FROM_HANDS and here in TIERS and event["worker"] in cards:
            steps.append(Step("fetched", _worker(event, cards)))
        steps.append(Step(event["event"], to))
        here = to.row
    return steps


def _passing(was: Token | None, start: Place, events: list[dict]) -> Token:
    """How a job looks that is on its way out of sight."""
    kinds = [event["event"] for event in events]
    token = was or Token(start, events[0]["tier"] or "normal", events[0].get("attempt") or 1)
    again = ("reaped" in kinds) + ("retried" in kinds)
    reaped = token.reaped or "reaped" in kinds
    return token._replace(attempt=token.attempt + again, idle=-1.0, orphan=False, late=False, reaped=reaped)


def _arrived(steps: list[Step], was: Token | None, now: Token) -> list[Step]:
    """The steps, so that they end where the job is. Out of nowhere into a worker's hands: it was fetched; elsewhere, it
    only came into sight."""
    if steps and steps[-1].to.row == now.place.row:
        return [*steps[:-1], Step(steps[-1].kind, now.place)]
    here = _kind(steps[-1].to.row if steps else was.place.row if was else now.tier)
    if kind := GUESS.get((here, _kind(now.place.row))):
        return [*steps, Step(kind, now.place)]
    return [*steps[:-1], Step(steps[-1].kind, now.place)] if steps else []


def _kind(row: str) -> str:
    return "tier" if row in TIERS else row.split(":")[0]


def _worker(event: dict, cards: tuple[str, ...]) -> Place:
    return Place(held_by(event["worker"])) if event["worker"] in cards else Place("pel")


def _target(event: dict, frame: dict, cards: tuple[str, ...]) -> Place:
    match event["event"]:
        case "fetched":
            return _worker(event, cards)
        case "retried":
            return Place("delayed", max(0, min(sum(frame["delayed"].values()), DELAYED) - 1))
        case "done" | "dead" as row:
            return Place(row)
        case "cancelled" | "discarded":
            return Place("out:done")
    tier = event["tier"] if event["tier"] in TIERS else "normal"
    return Place(tier, min(frame["waiting"].get(tier, 0), TAPE - 1))  # a stream only appends: at the tail


def _origin(event: dict, cards: tuple[str, ...]) -> Place:
    tier = event["tier"] if event["tier"] in TIERS else "normal"
    match event["event"]:
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
    return _worker(event, cards)


def _out_of_sight(place: Place) -> Place:
    """Where a row ends for who is not shown on it."""
    return Place(f"more:{place.row}") if _kind(place.row) in ("tier", "delayed", "worker") else place


class Traffic(NamedTuple):
    """How much glides one by one, and what is owed for the rest."""

    t: float = 0.0
    left: dict[str, float] = AT_ONCE
    #: Jobs by route (kind, from row, to row), and when a bundle last went there.
    owed: Counter = Counter()  # noqa: RUF012 - never changed, only replaced
    went: dict[tuple, float] = {}  # noqa: RUF012


def regulate(traffic: Traffic, found: list[Hop], t: float) -> tuple[Traffic, list[Hop], list[tuple]]:
    """Who glides alone, and the bundles that go now: (kind, from row, to row, how many)."""
    passed = max(0.0, t - traffic.t)
    left = {kind: min(AT_ONCE[kind], n + A_SECOND[kind] * passed) for kind, n in traffic.left.items()}
    owed, alone = Counter(traffic.owed), []
    for hop in found:
        kind = "rare" if hop.is_rare else hop.steps[-1].kind
        if left[kind] >= 1:
            left[kind] -= 1
            alone.append(hop)
        else:
            owed.update(hop.routes)
    due = {route: n for route, n in owed.items() if t - traffic.went.get(route, -1e9) >= BUNDLE_SECONDS}
    went = {route: at for route, at in traffic.went.items() if t - at < BUNDLE_SECONDS} | dict.fromkeys(due, t)
    rest = Counter({route: n for route, n in owed.items() if route not in due})
    return Traffic(t, left, rest, went), alone, [(*route, n) for route, n in due.items()]
