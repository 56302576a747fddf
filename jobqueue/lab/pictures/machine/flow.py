"""A limit on how much moves at once: a few jobs glide one by one, and the others together. Pure."""

from collections import Counter
from typing import NamedTuple, TypeAlias

from jobqueue.lab.pictures.machine.moves import COMMON, Hop

#: How many jobs may glide one by one: at most this many at once, and in the long run this many per second.
AT_ONCE = dict.fromkeys(COMMON, 24.0) | {"rare": 40.0}
A_SECOND = dict.fromkeys(COMMON, 10.0) | {"rare": 20.0}
BUNDLE_SECONDS = 1.0  # how often the others glide together

#: Kind, from row, to row.
Route: TypeAlias = tuple[str, str, str]


class Bundle(NamedTuple):
    """Jobs that glide together, from row to row."""

    kind: str
    start: str
    end: str
    jobs: int


class Flow(NamedTuple):
    """The number of jobs that may still glide one by one, and those that have to glide together."""

    t: float = 0.0
    left: dict[str, float] = AT_ONCE
    #: Jobs by route, and when a bundle last went there.
    owed: Counter[Route] = Counter()  # noqa: RUF012 - never changed, only replaced
    went: dict[Route, float] = {}  # noqa: RUF012


def regulate(flow: Flow, moved: list[Hop], t: float) -> tuple[Flow, list[Hop], list[Bundle]]:
    """The hops that jobs glide alone, and the bundles that go now."""
    passed = max(0.0, t - flow.t)
    left = {kind: min(AT_ONCE[kind], n + A_SECOND[kind] * passed) for kind, n in flow.left.items()}
    owed, alone = Counter(flow.owed), []
    for hop in moved:
        kind = "rare" if hop.is_rare else hop.steps[-1].kind
        if left[kind] >= 1:
            left[kind] -= 1
            alone.append(hop)
        else:
            owed.update(hop.routes)
    due = {route: n for route, n in owed.items() if t - flow.went.get(route, -1e9) >= BUNDLE_SECONDS}
    went = {route: at for route, at in flow.went.items() if t - at < BUNDLE_SECONDS} | dict.fromkeys(due, t)
    rest = Counter({route: n for route, n in owed.items() if route not in due})
    return Flow(t, left, rest, went), alone, [Bundle(*route, n) for route, n in due.items()]
