"""A search through every order: through the states of a simulation, one schedule after another.

Each schedule starts at a choice that hasn't been taken yet. It repeats the way there, and goes on to an end or to a
known state. Choices with few switches and few faults come first, so a fault that's easy to provoke shows up early. A
choice that only swaps two steps that commute isn't run: commute.py knows where it leads.
Once all choices are taken, their order makes no difference to any number.
"""

import heapq
from collections.abc import Callable, Container
from dataclasses import dataclass

from jobqueue.explorer.engine.atlas import Atlas
from jobqueue.explorer.engine.choices import choices
from jobqueue.explorer.engine.commute import Diamonds, footprint
from jobqueue.explorer.engine.determinism import real_monotonic
from jobqueue.explorer.engine.graph import Graph
from jobqueue.explorer.engine.simulation import Simulation
from jobqueue.explorer.record import Choice, Finding, NotDeterministic, Record
from jobqueue.explorer.redis_seam.replies import refused
from jobqueue.explorer.redis_seam.server import Late, SteppedServer, until_in_time
from jobqueue.explorer.scenario import Bounds, Scenario


@dataclass
class Node:
    """A way from the start: the last decision, what it did, and the node before."""

    parent: "Node | None"
    record: Record | None
    state: int
    cost: int = 0  # switches and faults so far

    def path(self) -> list[Record]:
        node: Node | None = self
        records = []
        while node and node.record:
            records.append(node.record)
            node = node.parent
        return records[::-1]

    def cost_with(self, choice: Choice) -> int:
        """The cost after `choice`."""
        return self.cost + (choice.is_fault or choice.lane != self.last)

    @property
    def last(self) -> str | None:
        """The lane that moved last."""
        return self.record.choice.lane if self.record and self.record.choice.kind != "crash" else None


class Search:
    """A search to `run` inside `with search.simulation`. Then `graph` holds its findings, and `bound` says why it
    stopped early; None means that it's exhaustive."""

    def __init__(
        self,
        scenario: Scenario,
        server: SteppedServer,
        bounds: Bounds,
        *,
        recognise: bool = True,
        reduce: bool = True,
        atlas: Atlas | None = None,
    ):
        self.scenario = scenario
        self.bounds = bounds
        self.recognise = recognise
        self.simulation = Simulation(scenario, server, bounds.steps)
        self.graph = Graph()
        self.atlas = atlas
        self.diamonds = Diamonds() if recognise and reduce else None
        self.known: dict[bytes, int] = {}  # a state's fingerprint -> its number
        self.elsewhere: Container[bytes] = ()  # fingerprints of states from which others go on: see part.py
        self.ends: dict[object, tuple[Finding, ...]] = {}  # an end, as invariants see it -> their objections
        self.frontier: list[tuple[int, int, int, Node, Choice]] = []  # to do: cost, two tie-breakers, and a choice
        self.runs = 0
        self.bound: str | None = None
        self.broken: Finding | None = None  # about the programs, if it makes going on pointless
        self.started = real_monotonic()

    def run(self, on_progress: Callable[["Search"], bool] = lambda search: False) -> None:
        """Search until nothing is left or a bound is reached. `on_progress` is called after each schedule; if it
        returns True, the search stops."""
        self.simulation.prepare()
        self.at = Node(None, None, self.graph.add_state())  # the latest node
        try:
            self._start()
            while self.is_open and not self.broken and not self._stop(on_progress):
                node, choice = self._next()
                if not self._close(node, choice):
                    self._go_on(node, choice)
            if not self.broken:  # once more: in few runs, a program has few chances to behave differently
                self.simulation.begin(self.at.path())
        except NotDeterministic as error:
            self.broken, self.bound = Finding("not deterministic", str(error)), "a program is not deterministic"
            self.graph.findings[self.at.state] = (self.broken,)

    @property
    def is_open(self) -> bool:
        """Whether some choice is still to be taken."""
        return bool(self.frontier)

    def _start(self) -> None:
        self._go_on(self.at, None)

    def _next(self) -> tuple[Node, Choice]:
        *_, node, choice = heapq.heappop(self.frontier)
        return node, choice

    def _stop(self, on_progress: Callable[["Search"], bool]) -> bool:
        if self.bounds.schedules and self.runs >= self.bounds.schedules:
            self.bound = f"{self.runs:,} schedules run"
        elif self.bounds.states and self.graph.states >= self.bounds.states:
            self.bound = f"{self.graph.states:,} states met"
        elif self.bounds.seconds and real_monotonic() - self.started > self.bounds.seconds:
            self.bound = f"{self.bounds.seconds:g} s"
        elif on_progress(self):
            self.bound = "interrupted"
        return self.bound is not None

    def _go_on(self, node: Node, choice: Choice | None) -> None:
        """One schedule: repeat the way to `node`, take `choice`, and go on until an end or a known state."""
        self.runs += 1
        self.at = node
        if choice is None:  # the very first: nothing has been decided yet
            until_in_time(lambda: self.simulation.begin([]).look())
            if self.atlas:
                self.atlas.add_place(node.state, self.simulation.run)
            self._arrive(node)
            choice = self._branch(node)
        else:
            self.simulation.begin(node.path())
        while choice:
            try:
                self.at, choice = self._take(self.at, choice)
            except Late:  # nothing was noted yet
                self.simulation.begin(self.at.path())

    def _take(self, node: Node, choice: Choice) -> tuple[Node, Choice | None]:
        """Take one decision. Returns the node it leads to, and the next choice; None at an end or a known state."""
        run = self.simulation.run
        before = len(run.effects), len(run.findings)
        record = run.apply(choice, look=self.recognise or bool(self.scenario.always))
        if choice.kind == "refuse_memory" and not refused(record):
            return node, None  # memory was not needed: no fault, no schedule
        key = run.key() if self.recognise else None
        state = self.known.get(key) if key else None
        new = state is None and key not in self.elsewhere
        if state is None:
            state = self.graph.add_state()
            if key:
                self.known[key] = state
        self.graph.edges[node.state].append((choice, state))
        if self.atlas:
            self.atlas.add_place(state, run)
            self.atlas.add_road(node.state, record, state)
        if self.diamonds:
            recorded = before != (len(run.effects), len(run.findings))
            self.diamonds.add(node.state, choice, state, footprint(run, record, recorded))
        child = Node(node, record, state, node.cost_with(choice))
        if not new:
            return child, None
        self._arrive(child)
        return child, self._branch(child)

    def _branch(self, node: Node) -> Choice | None:
        """Note every decision possible here; returns the one to go on with. At an end: finish, and check."""
        possible = choices(self.simulation.run, node.last)
        if not possible or node.state in self.graph.findings:
            if node.state not in self.graph.findings:
                self._end(node)
            return None
        possible = [choice for choice in possible if not self._close(node, choice)]
        for choice in possible[1:]:
            heapq.heappush(
                self.frontier, (node.cost_with(choice), -self.graph.states, len(self.frontier), node, choice)
            )
        return possible[0] if possible else None

    def _close(self, node: Node, choice: Choice) -> bool:
        """Note where `choice` leads, if that's known because it commutes with a step before."""
        target = self.diamonds.close(node.state, choice) if self.diamonds else None
        if target is None:
            return False
        self.graph.edges[node.state].append((choice, target))
        return True

    def _arrive(self, node: Node) -> None:
        """Check what must hold at every instant. A state that violates it is an end."""
        if self.scenario.always and (findings := self.simulation.check(self.scenario.always)):
            self._note(node, tuple(findings))

    def _end(self, node: Node) -> None:
        """Let `finish` clear up, as no program can go on, and check what must hold at the end."""
        run = self.simulation.run
        run.end()
        trouble = tuple(run.findings)
        if run.broken:
            return self._note(node, trouble)
        if not self.recognise:
            return self._note(node, trouble + tuple(self._finish(node)))
        outcomes = tuple(run.outcomes().items())
        key = (run.look().digest, run.loop.now, repr(run.effects), outcomes, run.used)
        if key not in self.ends:
            self.ends[key] = tuple(self._finish(node))
        self._note(node, trouble + self.ends[key])

    def _finish(self, node: Node) -> list[Finding]:
        while True:
            try:
                return self.simulation.finish()
            except Late:
                self.simulation.begin(node.path())
                self.simulation.run.end()

    def _note(self, node: Node, findings: tuple[Finding, ...]) -> None:
        run = self.simulation.run
        if run.broken:  # the same would happen in a thousand other schedules, slowly
            self.broken, self.bound = findings[-1], f"a program {findings[-1].kind}"
        self.graph.findings[node.state] = findings
        self.graph.faults[node.state] = run.used
