"""Trying every order: a search over the states of a world, one schedule after the other.

Each schedule starts at a decision not yet taken, repeats the way there, and goes on to an end, or to a state that is
known. Decisions nearest to the ordinary course (few switches, few faults) are taken first, so what breaks easily
breaks early; when all are taken, the order makes no difference to any number.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from jobqueue.lab.explorer.choices import choices
from jobqueue.lab.explorer.content import View
from jobqueue.lab.explorer.determinism import real_monotonic
from jobqueue.lab.explorer.graph import Graph
from jobqueue.lab.explorer.invariants import check
from jobqueue.lab.explorer.record import Choice, Finding, NotDeterministic, Record
from jobqueue.lab.explorer.scenario import Bounds, Scenario
from jobqueue.lab.explorer.server import Server, refused
from jobqueue.lab.explorer.world import EPOCH, World


@dataclass
class Node:
    """A way from the start: the last decision, what it did, and the node before."""

    parent: "Node | None"
    record: Record | None
    state: int
    cost: int = 0  # switches and faults so far

    def path(self) -> list[Record]:
        node, records = self, []
        while node.parent:
            records.append(node.record)
            node = node.parent
        return records[::-1]

    @property
    def last(self) -> str | None:
        return self.record.choice.lane if self.record and self.record.choice.kind != "crash" else None


class Search:
    """Within `with search.world`, `run` it; then `graph` holds what was found, and `bound` why it stopped early (None:
    it did not, the search is exhaustive)."""

    def __init__(self, scenario: Scenario, server: Server, bounds: Bounds, *, recognise: bool = True):
        self.scenario = scenario
        self.bounds = bounds
        self.recognise = recognise
        self.world = World(scenario, server, bounds.steps)
        self.graph = Graph()
        self.known = {}  # a state's fingerprint -> its number
        self.ends = {}  # what invariants see of an end -> its findings
        self.frontier = []  # decisions not yet taken: (cost, tie-breakers, node, choice)
        self.runs = 0
        self.bound = None
        self.broken = None  # a Finding about the programs that makes going on pointless
        self.started = real_monotonic()

    def run(self, on_progress: Callable[["Search"], bool] = lambda search: False) -> None:
        """Search until nothing is left or a bound is reached. `on_progress` is called after each schedule; if it
        returns True, the search stops."""
        self.world.prepare()
        root = Node(None, None, self.graph.add_state())
        self._go_on(root, None)
        while self.frontier and not self.broken and not self._stop(on_progress):
            *_, node, choice = heapq.heappop(self.frontier)
            self._go_on(node, choice)

    def _stop(self, on_progress) -> bool:
        if self.bounds.schedules and self.runs >= self.bounds.schedules:
            self.bound = f"{self.runs:,} schedules run"
        elif self.bounds.seconds and real_monotonic() - self.started > self.bounds.seconds:
            self.bound = f"{self.bounds.seconds:g} s"
        elif on_progress(self):
            self.bound = "interrupted"
        return self.bound is not None

    def _go_on(self, node: Node, choice: Choice | None) -> None:
        """One schedule: repeat the way to `node`, take `choice`, and go on until an end or a known state."""
        self.runs += 1
        world = self.world
        try:
            world.begin(node.path())
            if choice is None:  # the very first: nothing has been decided yet
                world.content = world.server.look()
                self._arrive(node, world)
                choice = self._branch(node)
            while choice:
                node, choice = self._take(node, choice)
        except NotDeterministic as error:
            self.broken, self.bound = Finding("not deterministic", str(error)), "a program is not deterministic"
            self.graph.findings[node.state] = (self.broken,)

    def _take(self, node: Node, choice: Choice) -> tuple[Node, Choice | None]:
        """Take one decision; returns where that leads, and what to decide there (None: nothing, or it is known)."""
        world = self.world
        record = world.apply(choice, look=self.recognise or bool(self.scenario.always))
        if choice.kind == "refuse_memory" and not refused(record):
            return node, None  # memory was not needed: no fault, no schedule
        key = world.key() if self.recognise else None
        state = self.known.get(key)
        new = state is None
        if new:
            state = self.graph.add_state()
            if key is not None:
                self.known[key] = state
        self.graph.edges[node.state].append((choice, state))
        child = Node(node, record, state, node.cost + (choice.is_fault or choice.lane != node.last))
        if not new:
            return child, None
        self._arrive(child, world)
        return child, self._branch(child)

    def _branch(self, node: Node) -> Choice | None:
        """Note every decision possible here; returns the one to go on with. At an end: finish, and check."""
        possible = choices(self.world, node.last)
        if not possible or node.state in self.graph.findings:
            if node.state not in self.graph.findings:
                self._end(node)
            return None
        for choice in possible[1:]:
            cost = node.cost + (choice.is_fault or choice.lane != node.last)
            heapq.heappush(self.frontier, (cost, -self.graph.states, len(self.frontier), node, choice))
        return possible[0]

    def _arrive(self, node: Node, world: World) -> None:
        """Check what must hold at every instant. A state where it does not is an end."""
        if self.scenario.always and (findings := self._check(self.scenario.always)):
            self._note(node, tuple(findings))

    def _end(self, node: Node) -> None:
        """Nothing more can happen: let the healthy one finish, and check what must hold in the end."""
        world = self.world
        world.end()
        trouble = tuple(world.findings)
        if world.broken:
            return self._note(node, trouble)
        outcomes = {process.name: process.outcome for process in world.active}
        content = world.content if self.recognise else None
        key = content and (content.digest, world.loop.now, repr(world.effects), tuple(outcomes.items()), world.used)
        if key is None or key not in self.ends:
            world.findings.clear()
            world.finish()
            world.content = world.server.look()
            found = tuple(world.findings) + tuple(self._check(self.scenario.invariants, outcomes))
            if key is None:
                return self._note(node, trouble + found)
            self.ends[key] = found
        self._note(node, trouble + self.ends[key])

    def _note(self, node: Node, findings: tuple[Finding, ...]) -> None:
        if self.world.broken:  # it would be so in a thousand other schedules, and takes long in each
            self.broken, self.bound = findings[-1], f"a program {findings[-1].kind}"
        self.graph.findings[node.state] = findings
        self.graph.faults[node.state] = self.world.used

    def _check(self, invariants, outcomes: dict | None = None) -> list[Finding]:
        world = self.world
        outcomes = outcomes or {process.name: process.outcome for process in world.active}
        view = View(world.content, world.start, tuple(world.effects), outcomes, world.loop.now - EPOCH, world.used)
        return check(invariants, view)
