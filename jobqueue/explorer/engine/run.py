"""One schedule under way: the programs in it, what each waits for, and everything that has happened so far."""

import math
from dataclasses import dataclass, field

from jobqueue.explorer.engine.blame import blame_loop
from jobqueue.explorer.engine.choices import next_due
from jobqueue.explorer.engine.loop import VirtualLoop
from jobqueue.explorer.engine.process import Process
from jobqueue.explorer.record import Choice, Effect, Finding, NotDeterministic, Record, Reply, describe, flatten_errors
from jobqueue.explorer.redis_seam.content import Content, digest
from jobqueue.explorer.redis_seam.request import Request
from jobqueue.explorer.redis_seam.rewrite import blocks_for
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.explorer.redis_seam.wire import Stuck
from jobqueue.explorer.scenario import Scenario

#: Kinds of findings that take long, or use up the machine: a program that does this is not run again.
NEVER_AGAIN = ("spins", "stops the loop", "endless script", "uses too much memory")


@dataclass(eq=False)
class Run:
    """Look at its `choices`, `apply` one, and so on to the `end`.

    Attributes:
        active: the programs in it.
        effects: what they recorded, in order.
        left: the faults that may still strike, and how often.
        used: the faults that struck, sorted.
        max_steps: commands that one program may send.
        pending: the request that each lane waits for.
        parked: requests of blocking reads that found nothing, in the order they came.
        broken: a program can't go on, so the schedule ends here.
    """

    scenario: Scenario
    server: SteppedServer
    loop: VirtualLoop
    active: list[Process]
    effects: list[Effect]
    left: dict[str, int]
    used: tuple[str, ...]
    max_steps: int
    pending: dict[str, Request] = field(default_factory=dict)
    parked: list[Request] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    broken: bool = False
    _content: Content | None = None

    def look(self) -> Content:
        """Redis's content at this instant. It costs nothing if the last `apply` looked already."""
        if self._content is None:
            self._content = self.server.look()
        return self._content

    def outcomes(self) -> dict[str, str]:
        """How each program fares: "running", "ended", "crashed", "raised …"."""
        return {process.name: process.outcome for process in self.active}

    def key(self) -> bytes:
        """A fingerprint of everything the future depends on."""
        programs = [(process.memory, process.outcome) for process in self.active]
        waits = [[(r.lane, r.parked_until, r.steps) for r in some] for some in (self.pending.values(), self.parked)]
        waits[0].sort()  # but the order of the parked matters: first come, first served
        faults, now, findings = sorted(self.left.items()), self.loop.now, repr(self.findings)
        spoiled = self.server.spoiled() if self.server.watching else ()
        return digest((self.look().digest, programs, waits, faults, now, repr(self.effects), findings, spoiled))

    def start(self) -> None:
        """Start its programs, up to the first command of each."""
        for process in self.active:
            process.start(self)
        self._go_on()

    def end(self) -> None:
        """Note which programs hang, now that nothing can happen: those that should be done and aren't."""
        for process in self.active:
            if process.alive and not process.program.daemon and not self.broken:
                self.findings.append(process.hangs())

    def apply(self, choice: Choice, known: Record | None = None, *, live: bool = False, look: bool = False) -> Record:
        """Let `choice` happen, and return what it did.

        With `known` it happened before, so the programs get the same replies, and Redis isn't asked (unless `live`).
        `look`: read Redis's content in the same round trip.
        """
        self._content = None
        if choice.is_fault:
            self.left = {kind: n - (kind == choice.kind) for kind, n in self.left.items() if n > (kind == choice.kind)}
            self.used = tuple(sorted((*self.used, choice.kind)))
        if choice.lane is None:
            record = self._pass_time(choice, None if live else known)
        elif choice.kind == "crash":
            self._crash(choice.lane)
            record = Record(choice)
        else:
            record = self._step(choice, choice.lane, known, live, look)
        self._go_on()
        if look:
            self.look()
        return record

    def _step(self, choice: Choice, lane: str, known: Record | None, live: bool, look: bool) -> Record:
        """Let a request's next step happen: if it's `known`, as last time, or else by asking the server."""
        request = self.pending.get(lane)
        commands = tuple(request.steps[0]) if request else None
        if request is None or (known and commands != known.commands):
            raise NotDeterministic(lane, known and known.commands, commands)
        record = known if known and not live else self._ask(choice, request, look)
        if self.broken:
            return record
        process = request.program
        process.steps += 1
        process.struck = process.struck or choice.is_fault
        if record.replies is None:
            self._park(request, record)
        else:
            self._answer(request, record.replies, lost=choice.kind == "lose_reply")
        for reader, reply in record.woken:
            self._answer(next(parked for parked in self.parked if parked.lane == reader), [reply])
        self._end_if_endless(process)
        return record

    def _ask(self, choice: Choice, request: Request, look: bool) -> Record:
        try:
            record, self._content = self.server.ask(choice, request, self.parked, self.loop.now, look)
            return record
        except Stuck as error:
            self.server.stuck = True
            process, commands = request.program, tuple(request.steps[0])
            words = f"{process.name} sends a script that never ends: {describe(commands)[:200]}"
            self._break(process, Finding("endless script", words, process.name))
            return Record(choice, commands, raw=(str(error),))

    def _park(self, request: Request, record: Record) -> None:
        """Let a blocking read wait that found nothing."""
        del self.pending[request.lane]
        request.parked_until = self.loop.now + (blocks_for(record.commands[0]) or math.inf)
        if not request.future.done():  # a cancelled reader has hung up
            self.parked.append(request)

    def _answer(self, request: Request, replies: list[Reply], lost: bool = False) -> None:
        request.program.learn((request.lane, [flatten_errors(reply) for reply in replies]))
        request.take(replies, lost)
        if request in self.parked:
            self.parked.remove(request)
        if not request.steps:
            self.pending.pop(request.lane, None)

    def _pass_time(self, choice: Choice, known: Record | None) -> Record:
        """Move the clock from timer to timer. Pending entries in Redis age."""
        record = known or Record(choice, (), *self.server.age(choice.seconds))
        until = self.loop.now + choice.seconds
        while (due := next_due(self)) is not None and due <= until:
            self.loop.now = max(self.loop.now, float(math.ceil(due)))
            woken = sorted(self.loop.fire_due(), key=lambda process: process.name)
            for process in woken:
                process.learn("timer")
            for request in [parked for parked in self.parked if parked.parked_until <= self.loop.now]:
                self._answer(request, [None])
                woken.append(request.program)
            self._go_on()
            for process in woken:
                process.nap()
                self._end_if_endless(process)
        self.loop.now = until
        return record

    def _end_if_endless(self, process: Process) -> None:
        if process.alive and not self.broken and (endless := process.endless(self.max_steps)):
            self._break(process, endless)

    def _go_on(self) -> None:
        """Let every program go on to its next command, or its end."""
        try:
            self.loop.run_until_quiet()
        except BaseException as error:  # it spins, ends by sys.exit, or has a callback of its own that raised
            process = self.loop.culprit or self.active[0]
            self._break(process, blame_loop(process.name, error))
        for process, file, line in self.loop.forgotten:
            self.findings.append(process.forgot(file, line))
        self.loop.forgotten.clear()
        for process in self.active:
            if process.alive and process.tasks[0].done():
                findings = process.settle()
                self.findings += findings
                self.broken = self.broken or any(finding.kind in NEVER_AGAIN for finding in findings)
                self._drop(process)

    def _crash(self, name: str) -> None:
        process = next(process for process in self.active if process.name == name)
        process.outcome = "crashed"
        self._drop(process)

    def _break(self, process: Process, finding: Finding) -> None:
        """End the schedule here, because `process` can't go on."""
        process.outcome = finding.kind
        self.findings.append(finding)
        self.broken = True
        self.loop.reset(self.loop.now)

    def _drop(self, process: Process) -> None:
        """Forget all that the program waits for."""
        self.loop.drop_timers(process)
        self.pending = {lane: request for lane, request in self.pending.items() if request.program is not process}
        self.parked = [request for request in self.parked if request.program is not process]
