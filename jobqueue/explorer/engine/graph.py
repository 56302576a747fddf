"""The states that a search has met, as a graph: the choices between them, and the findings at each end.

A report is computed from it, without another run: how many schedules there are, how many of them go wrong, and which
of those is the simplest.
"""

from collections import Counter, defaultdict
from collections.abc import Container
from typing import NamedTuple, TypeAlias

from jobqueue.explorer.record import Choice, Finding

#: A state, and the lane that moved last on the way there.
Arrival: TypeAlias = tuple[int, str | None]


class Way(NamedTuple):
    """The best way to an arrival: its length, its switches of lane, and its last step."""

    length: int
    switches: int
    before: Arrival | None
    choice: Choice | None


class Graph:
    """Numbered states and the choices between them; 0 is the start. No schedule returns to a state it has left."""

    def __init__(self) -> None:
        self.edges: dict[int, list[tuple[Choice, int]]] = defaultdict(list)
        self.findings: dict[int, tuple[Finding, ...]] = {}  # of every state where schedules end
        self.faults: dict[int, tuple[str, ...]] = {}  # which faults have struck on the way there
        self.states = 0

    def add_state(self) -> int:
        self.states += 1
        return self.states - 1

    def sort(self) -> None:
        """Put the choices of each state in order, so that of two equally simple schedules the same one is shown,
        whichever the search met first."""
        for some in self.edges.values():
            some.sort(key=lambda edge: (edge[0].is_fault, edge[0].kind, str(edge[0].lane), edge[0].seconds))

    def in_order(self) -> list[int]:
        """All states, each after every state that leads to it."""
        order, done, stack = [], {0}, [(0, iter(self.edges.get(0, ())))]
        while stack:
            state, rest = stack[-1]
            for _, child in rest:
                if child not in done:
                    done.add(child)
                    stack.append((child, iter(self.edges.get(child, ()))))
                    break
            else:
                order.append(state)
                stack.pop()
        return order[::-1]

    def count(self) -> dict[int, int]:
        """The number of ways from the start to each state. For an end, that's its number of schedules."""
        ways = Counter({0: 1})
        for state in self.in_order():
            for _, child in self.edges.get(state, ()):
                ways[child] += ways[state]
        return ways

    def count_from(self, ends: Container[int]) -> dict[int, int]:
        """The number of ways from each state to one of `ends`."""
        ways: Counter[int] = Counter()
        for state in reversed(self.in_order()):
            ways[state] = (state in ends) + sum(ways[child] for _, child in self.edges.get(state, ()))
        return ways

    def simplest(self) -> dict[int, list[Choice]]:
        """For every end with findings, its shortest schedule; of equally short ones, that with the fewest switches
        from one lane to another."""
        best: dict[Arrival, Way] = {(0, None): Way(0, 0, None, None)}
        arrived: defaultdict[int, set[str | None]] = defaultdict(set, {0: {None}})
        for state in self.in_order():
            for last in sorted(arrived[state], key=str):
                length, switches, _, _ = best[state, last]
                for choice, child in self.edges.get(state, ()):
                    lane = choice.lane or last
                    way = Way(length + 1, switches + (lane != last), (state, last), choice)
                    if (child, lane) not in best or way[:2] < best[child, lane][:2]:
                        best[child, lane] = way
                        arrived[child].add(lane)
        result = {}
        for state, findings in self.findings.items():
            if findings and arrived[state]:
                end = min(((state, lane) for lane in arrived[state]), key=lambda at: (best[at][:2], str(at[1])))
                result[state] = _trace(best, end)
        return result


def _trace(best: dict[Arrival, Way], at: Arrival) -> list[Choice]:
    """The choices on the way to `at`."""
    choices = []
    while (way := best[at]).before is not None and way.choice is not None:
        choices.append(way.choice)
        at = way.before
    return choices[::-1]
