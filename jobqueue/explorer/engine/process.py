"""One program in one schedule: its tasks, its clients, and how it ended."""

import asyncio
import contextvars
import linecache
import random
import re
from typing import TYPE_CHECKING, Any

import redis.asyncio

from jobqueue.errors import is_a
from jobqueue.explorer.engine.blame import blame, class_name, is_own_code
from jobqueue.explorer.engine.loop import PROGRAM, Task
from jobqueue.explorer.engine.outside import Outside
from jobqueue.explorer.record import Finding
from jobqueue.explorer.redis_seam.client import Pool, make_client
from jobqueue.explorer.redis_seam.content import digest
from jobqueue.explorer.scenario import Program

if TYPE_CHECKING:
    from jobqueue.explorer.engine.run import Run


#: Times that time alone may wake a program. One that sleeps more often waits for something that never comes.
NAPS = 200


class Process:
    """One program's life: its tasks, its clients, and a fingerprint of all replies so far."""

    run: "Run"  # the schedule in which it has its part, from `start` on

    def __init__(self, name: str, program: Program, decode: bool, number: int = 0):
        self.name = name
        self.number = number
        self.program = program
        self.pools: list[Pool] = []
        self.clients: dict[bool, redis.asyncio.Redis] = {}
        self.client = self.client_that(decode)
        self.reset()

    def reset(self) -> None:
        self.tasks: list[Task] = []
        self.connections = self.cancelled = 0
        self.scripts: set[bytes] = set()  # the hashes of those that it has sent
        self.lanes: dict[asyncio.Task[Any], str] = {}  # the name of each task in pictures
        self.random: random.Random | None = None
        self.memory = b""  # a fingerprint of all replies so far, and when: its local variables are a function of this
        self.outcome = "running"
        self.struck = False  # did a fault strike it?
        self.steps = 0
        self.naps = 0  # how often time alone woke it
        for pool in self.pools:
            pool.free.clear()

    def client_that(self, decode: bool) -> redis.asyncio.Redis:
        """This program's client that decodes replies, or does not; made once, for all schedules."""
        if decode not in self.clients:
            self.pools.append(Pool(self, decode))
            self.clients[decode] = make_client(self.pools[-1])
        return self.clients[decode]

    def start(self, run: "Run") -> None:
        """Begin the program in `run`. Its first callback is ready; the loop runs it."""
        self.run = run
        context = contextvars.copy_context()
        context.run(PROGRAM.set, self)
        run.loop.create_task(self._main(), context=context, name=self.name)

    async def _main(self) -> None:
        await self.program.body(self.client, Outside(self))

    def name_lane(self, task: asyncio.Task[Any] | None) -> str:
        """The label of a task: the program's name for its main task, and `program/task` or a number for others."""
        if task is None:
            raise RuntimeError("only a task can send a command")
        if task not in self.lanes:
            name = task.get_name()
            if task is self.tasks[0]:
                lane = self.name
            elif re.fullmatch(r"Task-\d+", name) or f"{self.name}/{name}" in self.lanes.values():
                lane = f"{self.name}/{len(self.lanes) + 1}"
            else:
                lane = f"{self.name}/{name}"
            self.lanes[task] = lane
        return self.lanes[task]

    def learn(self, news: object) -> None:
        """Add `news`, such as replies, to its fingerprint."""
        self.memory = digest((self.memory, news, self.run.loop.now))

    def nap(self) -> None:
        """Note that time alone woke it."""
        self.naps += 1

    def endless(self, max_steps: int) -> Finding | None:
        """The finding for a program that goes round and round; None if it may go on."""
        if self.naps > NAPS and not self.program.daemon:
            words = f"it has slept {NAPS} times, and goes on"
        elif self.steps > max_steps:
            words = f"it's still going after {max_steps} commands" + (", and sleeps in between" if self.naps else "")
        else:
            return None
        return Finding("endless", f"{self.name} doesn't return: {words}", self.name)

    @property
    def alive(self) -> bool:
        return self.outcome == "running"

    def settle(self) -> list[Finding]:
        """If the program has ended, note how, and return its findings. Called when the loop is quiet."""
        main = self.tasks[0]
        if not self.alive or not main.done():
            return []
        error = asyncio.CancelledError("cancelled itself") if main.cancelled() else main.exception()
        self.outcome = "ended" if error is None else f"raised {class_name(error)}"
        if error is not None:
            return [] if self._may_raise(error) else [blame(self.name, error)]
        findings = []
        if left := [task for task in self.tasks[1:] if not task.done()]:
            names = ", ".join(map(_function_name, left))
            findings.append(Finding("leaks a task", f"{self.name} ended, but left a task running: {names}", self.name))
        for task in self.tasks[1:]:
            ignored = task.exception() if task.done() and not task.cancelled() and task._log_traceback else None
            if ignored is not None and not self._may_raise(ignored):
                where = f", in the task {_function_name(task)}, which is never awaited"
                findings.append(blame(self.name, ignored, where))
        return findings

    def hangs(self) -> Finding:
        """The finding for a program that nothing will ever wake, with the line at which it waits."""
        self.outcome = "hangs"
        waiting: Any = self.tasks[0].get_coro()
        where = ""
        while frame := getattr(waiting, "cr_frame", None):  # down to the innermost coroutine that is the program's own
            if is_own_code(frame.f_code.co_filename):
                where = f", at line {frame.f_lineno} of {frame.f_code.co_name}"
            waiting = waiting.cr_await
        return Finding("hangs", f"{self.name} waits for something that never comes{where}", self.name)

    def forgot(self, file: str, line: int) -> Finding:
        """The finding for a call without `await`, so that nothing happened."""
        code = linecache.getline(file, line).strip()
        where = f" at line {line}" + (f": `{code}`" if code else "") if is_own_code(file) else ""
        words = f"{self.name} doesn't await what it calls{where}"
        return Finding("not awaited", f"{words}. Without `await` nothing is sent", self.name)

    def abandon(self) -> list[Task]:
        """Let go of tasks that will never run again, without the complaints asyncio makes about that.

        Returns those to keep. If they were collected now, their `finally:` would run in the middle of another schedule.
        """
        for task in self.tasks:
            task._log_destroy_pending = False
        return [task for task in self.tasks if not task.done()]

    def _may_raise(self, error: BaseException) -> bool:
        expected = self.program.may_raise + ((redis.RedisError,) if self.struck else ())
        if is_a(BaseExceptionGroup, error):
            return bool(expected) and error.split(expected)[1] is None  # type: ignore[attr-defined]  # is_a says it
        return any(is_a(kind, error) for kind in expected)


def _function_name(task: asyncio.Task[Any]) -> str:
    coroutine: Any = task.get_coro()  # any awaitable; those that programs make have names
    return str(coroutine.__qualname__)
