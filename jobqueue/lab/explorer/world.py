"""One world, run again and again: programs, a Redis, a clock. It stops whenever somebody has to decide what comes next.

A schedule is run from its start, every time: a coroutine cannot be copied. What makes that cheap: along the part that
is already known, Redis gets all its commands in one write, and the programs get the replies they got last time.
"""

import gc
import math

from jobqueue.lab.explorer.choices import choices, next_due
from jobqueue.lab.explorer.client import Request
from jobqueue.lab.explorer.content import Content, digest
from jobqueue.lab.explorer.determinism import controlled
from jobqueue.lab.explorer.loop import Spin, VirtualLoop
from jobqueue.lab.explorer.process import Hung, Outside, Process, place
from jobqueue.lab.explorer.record import Choice, Finding, NotDeterministic, Record, plain, together
from jobqueue.lab.explorer.rewrite import blocks_for, sha1
from jobqueue.lab.explorer.scenario import Program, Scenario
from jobqueue.lab.explorer.server import FLUSH, Server

#: When every schedule begins, in seconds since 1970: only differences matter.
EPOCH = 1_700_000_000.0

HEALTHY_STEPS = 2_000  # commands of setup and of finish, at most


class World:
    """Within `with world`: `prepare` once; then `begin` a schedule, look at its `choices`, `apply` one, and so on; at
    the end, `finish`."""

    def __init__(self, scenario: Scenario, server: Server, max_steps: int = 100):
        self.scenario = scenario
        self.let_go = []  # tasks of schedules that are over, and were not done
        self.server = server
        self.max_steps = max_steps
        self.loop = VirtualLoop()
        self.processes = {
            name: Process(name, program, self, scenario.decode_responses, number)
            for number, (name, program) in enumerate(scenario.named_programs().items(), start=1)
        }
        self.script_names = {sha1(text): name for name, text in scenario.scripts.items()}
        self.order = {name: at for at, name in enumerate(self.processes)}
        self.helpers = {}
        self.base = (FLUSH, 1)  # the bytes that make the starting state, and how many replies they bring
        self.base_now, self.base_effects = EPOCH, []
        self.start = None  # the Content after setup
        self._clear()

    def _clear(self) -> None:
        self.loop.reset(self.base_now)
        self.server.unwatch_all()
        self.active = list(self.processes.values())
        self.pending = {}  # lane -> the Request it waits for
        self.parked = []  # Requests of blocking reads that found nothing, in the order they came
        self.effects = list(self.base_effects)
        self.findings = []
        self.left = self.scenario.faults.budget()
        self.used = ()  # the faults that struck, sorted
        self.broken = False  # a program that cannot go on: the schedule ends here
        self.content: Content | None = None

    def __enter__(self):
        """Put time and chance under control. Everything else happens within."""
        self._control = controlled(self.loop)
        self._control.__enter__()
        return self

    def __exit__(self, *error) -> None:
        """Let go of all programs, now: what is left of them (`finally:`) must run while it finds nobody to tell."""
        for process in (*self.processes.values(), *self.helpers.values()):
            process.abandon()
            process.reset()
        self._clear()
        self.let_go.clear()
        gc.collect()
        self._control.__exit__(*error)

    # A schedule, from its start to its end.

    def prepare(self) -> None:
        """Run the scenario's setup once, and remember what it sent: every schedule begins with those bytes."""
        self.server.wire.exchange(FLUSH, 1)
        if self.scenario.setup:
            records = self._run_alone("setup", self.scenario.setup)
            if self.findings:
                raise RuntimeError(f"setup failed: {self.findings[0].message}")
            data, count = together(records)
            self.base = (FLUSH + data, 1 + count)
            self.base_now, self.base_effects = self.loop.now, list(self.effects)
        self.start = self.server.look()

    def begin(self, path: list[Record]) -> None:
        """Start anew, and repeat `path`. Raises NotDeterministic if the programs do something else than then."""
        for process in self.processes.values():
            process.abandon()
            process.reset()
        self._clear()
        live = any(record.watches for record in path)  # WATCH needs every command on its own connection, in turn
        data, count = together([] if live else path)
        self.server.start_over(self.base[0] + data, self.base[1] + count)
        if live:
            self.server.settle()
        try:
            for process in self.active:
                process.start(Outside(self, process))
            self._run()
            for record in path:
                self.apply(record.choice, record, live=live)
        finally:
            self.server.settle()

    def finish(self, on_step=None) -> None:
        """The programs are gone; the scenario's healthy one clears up. `on_step` is called after each of its steps."""
        self.loop.reset(self.loop.now)
        self.pending.clear()
        self.parked.clear()
        if self.scenario.finish:
            self._run_alone("finish", self.scenario.finish, on_step)

    def _run_alone(self, name: str, body, on_step=None) -> list[Record]:
        """Run one program without faults: there is nothing to choose."""
        if name not in self.helpers:
            self.helpers[name] = Process(name, Program(body), self, self.scenario.decode_responses)
        process, records = self.helpers[name], []
        process.reset()
        self.active, self.left, limit, self.max_steps = [process], {}, self.max_steps, HEALTHY_STEPS
        process.start(Outside(self, process))
        self._run()
        while following := choices(self):
            records.append(self.apply(following[0], look=on_step is not None))
            if on_step:
                on_step(records[-1])
        self.end()
        self.max_steps = limit
        process.abandon()
        return records

    def end(self) -> None:
        """Nothing can happen any more: whoever is not done (and should be) waits for what will never come."""
        for process in self.active:
            if process.alive and not process.program.daemon and not self.broken:
                self.findings.append(process.hangs())

    def key(self) -> bytes:
        """A fingerprint of everything the future depends on. Needs the content of this instant (`apply(look=True)`)."""
        programs = [(process.told, process.outcome) for process in self.active]
        waits = [[(r.lane, r.parked_until, r.steps) for r in some] for some in (self.pending.values(), self.parked)]
        waits[0].sort()  # in which order the parked came does matter: first come, first served
        faults, now, found = sorted(self.left.items()), self.loop.now, repr(self.findings)
        spoiled = self.server.spoiled() if self.server.watching else ()
        return digest((self.content.digest, programs, waits, faults, now, repr(self.effects), found, spoiled))

    # One decision.

    def apply(self, choice: Choice, known: Record | None = None, *, live: bool = False, look: bool = False) -> Record:
        """Let `choice` happen. With `known` it happened before: the programs are told the same, Redis is not asked
        (unless `live`). `look`: read Redis's content in the same breath, into `self.content`."""
        self.content = None
        if choice.is_fault:
            self.left = {kind: n - (kind == choice.kind) for kind, n in self.left.items() if n > (kind == choice.kind)}
            self.used = tuple(sorted((*self.used, choice.kind)))
        if choice.lane is None:
            record = self._pass_time(choice, None if live else known)
        elif choice.kind == "crash":
            self.processes[choice.lane].outcome = "crashed"
            self._drop(self.processes[choice.lane])
            record = Record(choice)
        else:
            record = self._step(choice, known, live, look)
        self._run()
        if look and self.content is None:
            self.content = self.server.look()
        return record

    def _step(self, choice: Choice, known: Record | None, live: bool, look: bool) -> Record:
        request = self.pending.get(choice.lane)
        if request is None or (known and tuple(request.steps[0]) != known.commands):
            raise NotDeterministic(choice.lane, known and known.commands, request and tuple(request.steps[0]))
        record = known
        if known is None or live:
            record, self.content = self.server.ask(choice, request, self.parked, self.loop.now, look)
        process = request.program
        process.steps += 1
        process.struck = process.struck or choice.is_fault
        if record.replies is None:
            del self.pending[choice.lane]
            request.parked_until = self.loop.now + (blocks_for(record.commands[0]) or math.inf)
            if not request.future.done():  # whoever was cancelled has hung up, and waits for nothing
                self.parked.append(request)
        else:
            self._answer(request, record.replies, lost=choice.kind == "lose_reply")
        for lane, reply in record.woken:
            self._answer(next(parked for parked in self.parked if parked.lane == lane), [reply])
        if process.steps > self.max_steps:
            words = f"{process.name} is still going after {self.max_steps} commands: does it ever return?"
            self._break(process, Finding("endless", words, process.name))
        return record

    def _answer(self, request: Request, replies: list, lost: bool = False) -> None:
        """Give a request its replies; a lost connection ends it, whatever it still had to say."""
        request.program.tell((request.lane, [plain(reply) for reply in replies]))
        request.replies += replies
        request.steps.pop(0)
        if lost:
            request.replies += replies[:1] * sum(map(len, request.steps))
            request.steps.clear()
        if request in self.parked:
            self.parked.remove(request)
        if not request.steps:
            self.pending.pop(request.lane, None)
            if not request.future.done():
                request.future.set_result(request.replies)

    def _pass_time(self, choice: Choice, known: Record | None) -> Record:
        """Move the clock, from timer to timer; what is pending in Redis ages."""
        record = known or Record(choice, (), *self.server.age(choice.seconds))
        until = self.loop.now + choice.seconds
        while (due := next_due(self)) is not None and due <= until:
            self.loop.now = max(self.loop.now, float(math.ceil(due)))
            for process in sorted(self.loop.fire_due(), key=lambda process: process.name):
                process.tell("timer")
            for request in [parked for parked in self.parked if parked.parked_until <= self.loop.now]:
                self._answer(request, [None])
            self._run()
        self.loop.now = until
        return record

    def _run(self) -> None:
        """Let every program go on to its next command, or its end."""
        try:
            self.loop.run_until_quiet()
        except (Spin, Hung) as error:
            process = getattr(error, "program", None) or self.active[0]
            words = f"{process.name} goes round and round without sending a command{place(error)}"
            self._break(process, Finding("spins", words, process.name))
        for process, file, line in self.loop.forgotten:
            self.findings.append(process.forgot(file, line))
        self.loop.forgotten.clear()
        for process in self.active:
            if process.alive and process.tasks[0].done():
                self.findings += process.settle()
                self.broken = self.broken or process.outcome == "raised Hung"
                self._drop(process)

    def _break(self, process: Process, finding: Finding) -> None:
        process.outcome = finding.kind
        self.findings.append(finding)
        self.broken = True
        self.loop.reset(self.loop.now)

    def _drop(self, process: Process) -> None:
        """Whatever the program was waiting for will not come."""
        self.loop.drop_timers(process)
        self.pending = {lane: request for lane, request in self.pending.items() if request.program is not process}
        self.parked = [request for request in self.parked if request.program is not process]
