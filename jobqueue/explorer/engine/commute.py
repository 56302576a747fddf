"""Steps that commute: two programs take them in either order, and end in the same state.

If `u` and `t` commute in a state, the two ways `u t` and `t u` close a diamond. Three of its sides tell the fourth, so
the search needn't run it. Every state is still visited, and every count stays exact: only work is saved. It's the
observation behind sleep sets, used on a graph of states (Godefroid, Partial-Order Methods, 1996).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue.explorer.engine.run import Run
from jobqueue.explorer.record import Choice, Record
from jobqueue.explorer.redis_seam.server import EFFECT
from jobqueue.explorer.redis_seam.touched import NOTHING, Touched, touched


@dataclass(frozen=True)
class Footprint:
    """Everything that one choice touches. Two choices commute if neither touches what the other changes.

    Attributes:
        programs: the programs it moves: its own, and those whose blocking read it ended.
        touched: what its commands touch in Redis.
        orders: it adds to an order that programs share: of recorded effects, of faults, or of blocked readers.
    """

    programs: frozenset[str]
    touched: Touched | None
    orders: bool

    def commutes_with(self, other: "Footprint") -> bool:
        """Whether both orders of these two choices end in the same state."""
        if self.programs & other.programs or (self.orders and other.orders):
            return False
        if self.touched is None or other.touched is None:
            return NOTHING in (self.touched, other.touched)
        return self.touched.commutes_with(other.touched)


def footprint(run: Run, record: Record, recorded: bool) -> Footprint | None:
    """The footprint of what was just applied in `run`; None if it commutes with nothing.

    `recorded`: a program noted an effect, or the run a finding.
    """
    choice = record.choice
    if choice.lane is None or choice.kind == "refuse_memory" or run.broken:
        return None
    lanes = [choice.lane, *(lane for lane, _ in record.woken)]
    programs = frozenset(lane.partition("/")[0] for lane in lanes)
    commands = tuple(command for command in record.commands if command[0] != EFFECT)
    parts = None if record.calls is None else touched(run.server.table, commands + record.calls, record.watched)
    parks = bool(commands) and record.replies is None
    orders = recorded or choice.is_fault or parks or bool(record.woken)
    return Footprint(programs, parts, orders)


class Diamonds:
    """The sides of diamonds that are known: each choice in each state, its footprint, and the state it leads to."""

    def __init__(self) -> None:
        self._targets: dict[tuple[int, Choice], int] = {}
        self.footprints: dict[tuple[int, Choice], Footprint | None] = {}
        self._arrivals: defaultdict[int, list[tuple[int, Choice]]] = defaultdict(list)

    def add(self, state: int, choice: Choice, target: int, touched: Footprint | None) -> None:
        """Note that `choice` leads from `state` to `target`."""
        self._targets[state, choice] = target
        self.footprints[state, choice] = touched
        self._arrivals[target].append((state, choice))

    def knows(self, state: int, choice: Choice) -> bool:
        return (state, choice) in self._targets

    def close(self, state: int, choice: Choice) -> int | None:
        """The state that `choice` leads to from `state`, if three sides of a diamond tell. It's added, too."""
        for before, other in self._arrivals[state]:
            corner = self._targets.get((before, choice))
            if corner is None or not self.commute(before, choice, other):
                continue
            target = self._targets.get((corner, other))
            if target is not None:
                self.add(state, choice, target, self.footprints[before, choice])
                return target
        return None

    def commute(self, state: int, one: Choice, other: Choice) -> bool:
        """Whether two choices that are known in `state` commute there."""
        first, second = self.footprints.get((state, one)), self.footprints.get((state, other))
        return first is not None and second is not None and first.commutes_with(second)

    def stories(self, edges: Mapping[int, list[tuple[Choice, int]]], limit: int = 200_000) -> int | None:
        """How many schedules differ in more than the order of steps that commute; None if it takes too long to count.

        It counts the schedules that a search with sleep sets would run to their end: one for each story.
        """
        counts: dict[tuple[int, frozenset[Choice]], int] = {}
        asleep: frozenset[Choice] = frozenset()
        stack = [(0, asleep)]
        while stack:
            state, asleep = at = stack[-1]
            if len(counts) > limit:
                return None
            branches = self._branches(edges.get(state, []), state, asleep)
            if missing := [branch for branch in branches if branch not in counts]:
                stack += missing
                continue
            counts[at] = sum(counts[branch] for branch in branches) if edges.get(state) else 1
            stack.pop()
        return counts[0, frozenset()]

    def _branches(
        self, choices: list[tuple[Choice, int]], state: int, asleep: frozenset[Choice]
    ) -> list[tuple[int, frozenset[Choice]]]:
        """The states to go on to, each with the choices that needn't be taken there, because a sibling has."""
        branches, before = [], set(asleep)
        for choice, target in choices:
            if choice not in asleep:
                branches.append((target, frozenset(other for other in before if self.commute(state, choice, other))))
                before.add(choice)
        return branches
