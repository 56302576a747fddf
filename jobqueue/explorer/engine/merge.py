"""The parts of a search, put together: the graph that one machine alone would have met, and what's still to do."""

from jobqueue.explorer.engine.commute import Diamonds
from jobqueue.explorer.engine.graph import Graph
from jobqueue.explorer.engine.part import FIRST, START, Part, Prefix
from jobqueue.explorer.record import Choice

#: Prefixes that one part of a search is given at most.
MOST_PREFIXES = 50


class Merge:
    """What all parts have met, by fingerprint: a state that several of them met counts once.

    Attributes:
        graph, diamonds: as those of a Search.
        known: a state's fingerprint, and its number in the graph.
        open: what is still to do and given to no part.
        runs: schedules run by all parts together. (Only this is a sum, and counts twice what two parts did.)
        broken: why going on is pointless, if a part says so.
    """

    def __init__(self) -> None:
        self.graph = Graph()
        self.diamonds = Diamonds()
        self.known = {START: self.graph.add_state()}
        self.open: dict[tuple[int, Choice], Prefix] = {(0, FIRST.choice): FIRST}
        self.runs = 0
        self.broken: str | None = None

    def add(self, part: Part) -> None:
        """Take in a part. The order in which parts come makes no difference in the end."""
        for state, choice, target, touched in part.edges:
            if not self.diamonds.knows(source := self._number(state), choice):
                self._add_edge(source, choice, end := self._number(target))
                self.diamonds.add(source, choice, end, touched)
        self.graph.findings |= {self._number(state): findings for state, findings in part.findings.items()}
        self.graph.faults |= {self._number(state): faults for state, faults in part.faults.items()}
        for prefix in part.open:
            self.open.setdefault((self._number(prefix.state), prefix.choice), prefix)
        self.runs += part.runs
        self.broken = self.broken or part.broken

    def take(self, shares: int) -> list[Prefix]:
        """Take out what one of so many machines does next: the shortest prefixes, as most lies beyond them."""
        self.open = {at: prefix for at, prefix in self.open.items() if not self._is_done(*at)}
        by_length = sorted(self.open, key=lambda at: len(self.open[at].path))
        count = min(MOST_PREFIXES, -(-len(by_length) // shares))
        return [self.open.pop(at) for at in by_length[:count]]

    def _is_done(self, state: int, choice: Choice) -> bool:
        """Whether a part has taken it, or its end is known because it commutes with a step before."""
        if self.diamonds.knows(state, choice):
            return True
        target = self.diamonds.close(state, choice)
        if target is None:
            return False
        self._add_edge(state, choice, target)
        return True

    def _add_edge(self, state: int, choice: Choice, target: int) -> None:
        self.graph.edges[state].append((choice, target))

    def _number(self, state: bytes) -> int:
        if state not in self.known:
            self.known[state] = self.graph.add_state()
        return self.known[state]
