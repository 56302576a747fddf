"""One small world that runs again and again: programs, a Redis, and a clock. It stops at each choice.

A schedule always runs from its start, because a coroutine can't be copied. Two things make that cheap. Along the part
that's already known, Redis gets all commands in one write, and the programs get the same replies as last time.
"""

import gc
from collections.abc import Callable, Iterable
from typing import Any, Self

from jobqueue.explorer.engine.choices import choices
from jobqueue.explorer.engine.determinism import controlled
from jobqueue.explorer.engine.loop import Task, VirtualLoop
from jobqueue.explorer.engine.process import Process
from jobqueue.explorer.engine.run import Run
from jobqueue.explorer.invariants import check
from jobqueue.explorer.record import Effect, Finding, Record, join
from jobqueue.explorer.redis_seam.content import Content, View
from jobqueue.explorer.redis_seam.rewrite import sha1
from jobqueue.explorer.redis_seam.server import CLEAR, FLUSH, SteppedServer, until_in_time
from jobqueue.explorer.scenario import Body, Program, Rule, Scenario

#: When every schedule begins, in seconds since 1970: only differences matter.
EPOCH = 1_700_000_000.0

HEALTHY_STEPS = 2_000  # commands of setup and of finish, at most

OnStep = Callable[[Record], None]


class Simulation:
    """A scenario to run inside `with simulation`: `prepare` it once, and `begin` a schedule. Then apply choices to its
    `run`. At the end, `finish`."""

    def __init__(self, scenario: Scenario, server: SteppedServer, max_steps: int = 100):
        self.scenario = scenario
        self.server = server
        self.max_steps = max_steps
        self.loop = VirtualLoop()  # type: ignore[abstract]  # the rest is refused: see fences/trespass.py
        self.processes = {
            name: Process(name, program, scenario.decode_responses, number)
            for number, (name, program) in enumerate(scenario.named_programs().items(), start=1)
        }
        self.script_names = {sha1(text): name for name, text in scenario.scripts.items()}
        self.helpers: dict[str, Process] = {}  # for setup and finish
        self.unfinished: list[Task] = []  # of schedules that are over
        self.base = (FLUSH, 1)  # the bytes that make the starting state, and how many replies they bring
        self.base_now = EPOCH
        self.base_effects: list[Effect] = []
        self.start = Content([0, []])  # Redis after setup
        self.run = self._new_run()

    def __enter__(self) -> Self:
        """Put time and chance under control. Everything else happens within."""
        self._control = controlled(self.loop)
        self._control.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Let go of all programs now, so that their `finally:` blocks run while they can't reach anything."""
        try:
            self.run = self._new_run()
            for process in (*self.processes.values(), *self.helpers.values()):
                self._abandon(process)
                process.run = self.run  # the old one has its requests, and so the tasks that wait for them
            self.unfinished.clear()
            gc.collect()
        finally:
            self._control.__exit__(*error)

    def prepare(self) -> None:
        """Run the scenario's setup once, and remember what it sent: every schedule begins with those bytes."""
        until_in_time(self._set_up)

    def _set_up(self) -> None:
        self.run = self._new_run()
        self.server.wire.exchange(CLEAR, 2)
        self.server.be_fresh()
        if self.scenario.setup:
            records = self._run_alone("setup", self.scenario.setup)
            if self.run.findings:
                raise RuntimeError(f"setup failed: {self.run.findings[0].message}")
            data, count = join(records)
            self.base = (FLUSH + data, 1 + count)
            self.base_now, self.base_effects = self.loop.now, self.run.effects
        self.start = self.server.look()

    def begin(self, path: list[Record]) -> Run:
        """Start over, and repeat `path`. Raises NotDeterministic if the programs behave differently this time."""
        return until_in_time(lambda: self._begin(path))

    def _begin(self, path: list[Record]) -> Run:
        for process in self.processes.values():
            self._abandon(process)
        run = self.run = self._new_run()
        live = any(record.watched for record in path)  # WATCH needs every command on its own connection, in turn
        data, count = join([] if live else path)
        self.server.start_over(self.base[0] + data, self.base[1] + count)
        if live:
            self.server.settle()
        try:
            run.start()
            for record in path:
                run.apply(record.choice, record, live=live)
        finally:
            self.server.settle()
        return run

    def finish(self, on_step: OnStep | None = None) -> list[Finding]:
        """Drop all programs, let the scenario's `finish` clear up, and check what must hold at the end.

        `on_step` is called after each of its steps.
        """
        outcomes, findings = self.run.outcomes(), []
        self.loop.reset(self.loop.now)
        if self.scenario.finish:
            self._run_alone("finish", self.scenario.finish, on_step)
            findings = self.run.findings
        return findings + self.check(self.scenario.invariants, outcomes)

    def check(self, rules: Iterable[Rule], outcomes: dict[str, str] | None = None) -> list[Finding]:
        """Ask each rule about this instant, and return the objections."""
        run = self.run
        now = self.loop.now - EPOCH
        outcomes = outcomes or run.outcomes()
        return check(rules, View(run.look(), self.start, tuple(run.effects), outcomes, now, run.used))

    def _run_alone(self, name: str, body: Body, on_step: OnStep | None = None) -> list[Record]:
        """Run one program without faults, after all that happened so far: there is nothing to choose."""
        if name not in self.helpers:
            self.helpers[name] = Process(name, Program(body), self.scenario.decode_responses)
        process, records = self.helpers[name], []
        process.reset()
        before = self.run
        run = self.run = Run(
            self.scenario, self.server, self.loop, [process], before.effects, {}, before.used, HEALTHY_STEPS
        )
        try:
            run.start()
            while following := choices(run):
                records.append(run.apply(following[0], look=on_step is not None))
                if on_step:
                    on_step(records[-1])
            run.end()
        finally:
            self.unfinished += process.abandon()
        return records

    def _new_run(self) -> Run:
        self.loop.reset(self.base_now)
        self.server.unwatch_all()
        active, effects, faults = list(self.processes.values()), list(self.base_effects), self.scenario.faults.budget()
        return Run(self.scenario, self.server, self.loop, active, effects, faults, (), self.max_steps)

    def _abandon(self, process: Process) -> None:
        self.unfinished += process.abandon()
        process.reset()
