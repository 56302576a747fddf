"""A part of a search, for one of many machines: from a few prefixes of choices, as far as its bounds allow.

Machines share nothing while they search. A state goes by its fingerprint, which is the same on each, and the way to it
by its choices. merge.py puts the parts together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from jobqueue.explorer.engine.commute import Footprint
from jobqueue.explorer.engine.search import Node, Search
from jobqueue.explorer.record import Choice, Finding, NotDeterministic
from jobqueue.explorer.redis_seam.content import WIDTH
from jobqueue.explorer.redis_seam.server import Late, SteppedServer
from jobqueue.explorer.scenario import Bounds, Scenario

#: The starting state. It needs no fingerprint, because no schedule returns to it.
START = b""


class Prefix(NamedTuple):
    """A choice to take, and the choices before it. Attributes:

    path: the choices from the start to `state`.
    state: its fingerprint.
    choice: what to take there.
    """

    path: tuple[Choice, ...]
    state: bytes
    choice: Choice


#: The first of all: look what there is to choose at the start.
FIRST = Prefix((), START, Choice("look"))


class Taken(NamedTuple):
    """A choice that was taken, with the fingerprints of the states before and after it, and what it touched."""

    state: bytes
    choice: Choice
    target: bytes
    touched: Footprint | None


class Astray(NotDeterministic):
    """The same choices lead to another state on another machine."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "the same choices lead to another state on another machine. "
            "A program goes by something else, such as a global variable, a file, or the name of the machine",
        )


@dataclass
class Part:
    """The result of a part of a search. States go by their fingerprints.

    Attributes:
        edges: the choices that were taken.
        findings, faults: of each end, as in Graph.
        open: the choices that it noted, or was given, and didn't take.
        runs: schedules run.
        broken: why the whole search should end here, if a program makes going on pointless.
    """

    edges: list[Taken] = field(default_factory=list)
    findings: dict[bytes, tuple[Finding, ...]] = field(default_factory=dict)
    faults: dict[bytes, tuple[str, ...]] = field(default_factory=dict)
    open: list[Prefix] = field(default_factory=list)
    runs: int = 0
    broken: str | None = None


def join(states: Iterable[bytes]) -> bytes:
    """Fingerprints in a row, which is quicker to send."""
    return b"".join(states)


def split(row: bytes) -> frozenset[bytes]:
    return frozenset(row[at : at + WIDTH] for at in range(0, len(row), WIDTH))


class PartOfSearch(Search):
    """A search that starts at `prefixes`. It doesn't go on from states in `elsewhere`: other parts have met them."""

    def __init__(
        self,
        scenario: Scenario,
        server: SteppedServer,
        bounds: Bounds,
        prefixes: Iterable[Prefix],
        elsewhere: frozenset[bytes],
    ):
        super().__init__(scenario, server, bounds)
        self.elsewhere = elsewhere
        self.prefixes = sorted(prefixes, key=lambda prefix: list(map(str, prefix.path)), reverse=True)
        self.nodes: dict[tuple[Choice, ...], Node] = {}  # a way that was walked, and where it ends

    @property
    def is_open(self) -> bool:
        return bool(self.frontier or self.prefixes)

    def _start(self) -> None:
        self.nodes[()] = self.at
        if FIRST in self.prefixes:
            self.prefixes.remove(FIRST)
            super()._start()

    def _next(self) -> tuple[Node, Choice]:
        """What lies beyond one prefix first, then the next prefix, which often begins like the one before."""
        if self.frontier:
            return super()._next()
        prefix = self.prefixes.pop()
        return self._walk(prefix), prefix.choice

    def _walk(self, prefix: Prefix) -> Node:
        length = next(n for n in range(len(prefix.path), -1, -1) if prefix.path[:n] in self.nodes)
        node = self.at = self.nodes[prefix.path[:length]]
        if length < len(prefix.path):
            self.simulation.begin(node.path())
        while length < len(prefix.path):
            try:
                node, _ = self._take(node, prefix.path[length])
            except Late:
                self.simulation.begin(node.path())
                continue
            length += 1
            self.at = self.nodes[prefix.path[:length]] = node
        if prefix.path and self.known.get(prefix.state) != node.state:
            raise Astray
        return node

    def part(self) -> Part:
        """The result, after `run`."""
        names = {0: START} | {number: key for key, number in self.known.items()}
        footprints = self.diamonds.footprints if self.diamonds else {}
        edges = [
            Taken(names[state], choice, names[target], footprints.get((state, choice)))
            for state, some in self.graph.edges.items()
            for choice, target in some
        ]
        left = [
            Prefix(tuple(record.choice for record in node.path()), names[node.state], choice)
            for *_, node, choice in self.frontier
        ]
        left += self.prefixes
        findings = {names[state]: some for state, some in self.graph.findings.items()}
        faults = {names[state]: some for state, some in self.graph.faults.items()}
        return Part(edges, findings, faults, left, self.runs, self.bound if self.broken else None)
