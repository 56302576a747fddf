"""What a search knows, as a graph: states, the choices that lead from one to the next, and what was found at each end.

Everything a report says is computed from it, without running anything again: how many schedules there are, how many of
them lose a job, and which is the simplest.
"""

from collections import Counter, defaultdict

from jobqueue.lab.explorer.record import Choice, Finding


class Graph:
    """States are numbered in the order they were met; 0 is the start. No schedule returns to a state it has left."""

    def __init__(self):
        self.edges: dict[int, list[tuple[Choice, int]]] = defaultdict(list)
        self.findings: dict[int, tuple[Finding, ...]] = {}  # of every state where schedules end
        self.faults: dict[int, tuple[str, ...]] = {}  # which faults have struck on the way there
        self.states = 0

    def add_state(self) -> int:
        self.states += 1
        return self.states - 1

    def in_order(self) -> list[int]:
        """Every state after all states that lead to it."""
        order, done, stack = [], set(), [(0, iter(self.edges.get(0, ())))]
        done.add(0)
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
        """How many different ways lead from the start to each state: to an end, that is a number of schedules."""
        ways = Counter({0: 1})
        for state in self.in_order():
            for _, child in self.edges.get(state, ()):
                ways[child] += ways[state]
        return ways

    def simplest(self) -> dict[int, list[Choice]]:
        """For every end with findings, its shortest schedule; of equally short ones, that with the fewest switches
        from one lane to another."""
        best = {(0, None): (0, 0, None, None)}  # (state, lane that moved last) -> length, switches, from, by
        arrived = defaultdict(set, {0: {None}})
        for state in self.in_order():
            for last in sorted(arrived[state], key=str):
                length, switches, _, _ = best[state, last]
                for choice, child in self.edges.get(state, ()):
                    lane = choice.lane or last
                    found = (length + 1, switches + (lane != last), (state, last), choice)
                    if (child, lane) not in best or found[:2] < best[child, lane][:2]:
                        best[child, lane] = found
                        arrived[child].add(lane)
        result = {}
        for state, findings in self.findings.items():
            if findings and arrived[state]:
                end = min(((state, lane) for lane in arrived[state]), key=lambda at: (best[at][:2], str(at[1])))
                result[state] = self._way(best, end)
        return result

    @staticmethod
    def _way(best: dict, at: tuple) -> list[Choice]:
        way = []
        while best[at][2] is not None:
            way.append(best[at][3])
            at = best[at][2]
        return way[::-1]
