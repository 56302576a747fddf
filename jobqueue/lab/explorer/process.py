"""A program while it runs in one schedule."""

import asyncio
import contextvars
import linecache
import re
import traceback

import redis

from jobqueue.lab.explorer.client import make_client
from jobqueue.lab.explorer.content import digest
from jobqueue.lab.explorer.loop import PROGRAM
from jobqueue.lab.explorer.record import Finding
from jobqueue.lab.explorer.server import EFFECT


class Hung(BaseException):
    """Thrown into a program that computes without end, wherever it is. Not an Exception: it must not be caught."""


class Outside:
    """What a program can touch besides Redis: the second argument of every program, of setup and of finish."""

    def __init__(self, world, process: "Process"):
        self._world = world
        self._process = process

    @property
    def name(self) -> str:
        """The program's name in its scenario; "setup" or "finish"."""
        return self._process.name

    def record(self, *effect) -> None:
        """Note an effect outside Redis, such as `world.record("ran", job_id)`: invariants see it, pictures show it."""
        self._world.effects.append(effect)

    async def step(self, *effect) -> None:
        """The same, as a step of its own: others may act, and faults strike, before it happens."""
        pool = self._process.client.connection_pool
        connection = await pool.get_connection()
        await connection.submit([[(EFFECT, *(str(word).encode() for word in effect))]])
        await pool.release(connection)
        self._world.effects.append(effect)

    @property
    def effects(self) -> tuple[tuple, ...]:
        """All effects so far, of everybody. For `finish` only: a program has no business knowing the others'."""
        return tuple(self._world.effects)

    def client(self, *, decode_responses: bool):
        """One more client of this program, for instance one that does not decode replies."""
        return self._process.client_that(decode_responses)

    def connect(self, url: str = "") -> redis.asyncio.Redis:
        """A factory of clients for the package's own classes: `Queue("", connect=world.connect)`."""
        return self._process.client_that(False)


class Process:
    """One program's life: its tasks, its clients, and a fingerprint of everything it has been told so far."""

    def __init__(self, name: str, program, world, decode: bool, number: int = 0):
        self.name = name
        self.number = number
        self.program = program
        self.world = world
        self.clients = {}
        self.client = self.client_that(decode)
        self.reset()

    def reset(self) -> None:
        self.tasks = []
        self.connections = self.cancelled = 0
        self.lanes = {}  # task -> its name in pictures
        self.random = None
        self.told = b""  # all replies so far, and when: its local variables are a function of this
        self.outcome = "running"
        self.struck = False  # did it see a fault?
        self.steps = 0
        for client in self.clients.values():
            client.connection_pool.free.clear()

    def client_that(self, decode: bool):
        """This program's client that decodes replies, or does not; made once, for all schedules."""
        if decode not in self.clients:
            self.clients[decode] = make_client(self, decode)
        return self.clients[decode]

    def start(self, outside) -> None:
        context = contextvars.copy_context()
        context.run(PROGRAM.set, self)
        self.world.loop.create_task(self._main(outside), context=context, name=self.name)

    async def _main(self, outside):
        return await self.program.body(self.client, outside)

    def lane(self, task: asyncio.Task) -> str:
        """The label of a task: the program's name for its main task, and `program/task` or a number for others."""
        if task not in self.lanes:
            named = task.get_name()
            if task is self.tasks[0]:
                lane = self.name
            elif re.fullmatch(r"Task-\d+", named) or f"{self.name}/{named}" in self.lanes.values():
                lane = f"{self.name}/{len(self.lanes) + 1}"
            else:
                lane = f"{self.name}/{named}"
            self.lanes[task] = lane
        return self.lanes[task]

    def tell(self, what) -> None:
        """Note what the program learns now."""
        self.told = digest((self.told, what, self.world.loop.now))

    @property
    def alive(self) -> bool:
        return self.outcome == "running"

    def settle(self) -> list[Finding]:
        """Called when quiet: if the program has ended, say how, and what is wrong with that."""
        main = self.tasks[0]
        if not self.alive or not main.done():
            return []
        findings = []
        error = asyncio.CancelledError("cancelled itself") if main.cancelled() else main.exception()
        self.outcome = "ended" if error is None else f"raised {type(error).__name__}"
        if error is not None and not self._may_raise(error):
            findings.append(self._raised(error, ""))
        left = [task for task in self.tasks[1:] if not task.done()]
        if left and error is None:
            names = ", ".join(task.get_coro().__qualname__ for task in left)
            findings.append(Finding("leaks a task", f"{self.name} ended, but left a task running: {names}", self.name))
        for task in self.tasks[1:]:
            unseen = task.done() and not task.cancelled() and task._log_traceback and task.exception()
            if unseen and error is None and not self._may_raise(unseen):
                where = f", in the task {task.get_coro().__qualname__}, which nobody awaits"
                findings.append(self._raised(unseen, where))
        return findings

    def hangs(self) -> Finding:
        """It is not done, and nothing will ever wake it: where does it wait?"""
        self.outcome = "hangs"
        waiting = self.tasks[0].get_coro()
        where = ""
        while frame := getattr(waiting, "cr_frame", None):  # down to the innermost coroutine that is the program's own
            if _is_theirs(frame.f_code.co_filename):
                where = f", at line {frame.f_lineno} of {frame.f_code.co_name}"
            waiting = waiting.cr_await
        return Finding("hangs", f"{self.name} waits for something that never comes{where}", self.name)

    def forgot(self, file: str, line: int) -> Finding:
        """It called something async without `await`, so that nothing happened."""
        code = linecache.getline(file, line).strip()
        words = f"{self.name} does not await what it calls at line {line}" + (f": `{code}`" if code else "")
        return Finding("not awaited", f"{words}. Without `await` nothing is sent", self.name)

    def abandon(self) -> None:
        """Let go of tasks that will never run again, without the complaints asyncio makes about that.

        But keep them: were they collected on the way, their `finally:` would run, in the midst of another schedule.
        """
        for task in self.tasks:
            task._log_destroy_pending = False
            if not task.done():
                self.world.let_go.append(task)

    def _may_raise(self, error: BaseException) -> bool:
        expected = self.program.may_raise + ((redis.RedisError,) if self.struck else ())
        if isinstance(error, BaseExceptionGroup):
            return bool(expected) and error.split(expected)[1] is None
        return isinstance(error, expected)

    def _raised(self, error: BaseException, where: str) -> Finding:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        line = place(error)
        if isinstance(error, Hung):
            words = f"{self.name} computes for ever{line}: it never awaits, so nothing else can run"
            return Finding("spins", words, self.name)
        return Finding("raised", f"{self.name} raised {type(error).__name__}: {error}{line}{where}", self.name)


def place(error: BaseException) -> str:
    """Where in the program `error` came up, as ", at line 3 of reap (`x[0]`)": the deepest frame that is its own."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]
    if not frames:
        return ""
    frame = frames[-1]
    code = (linecache.getline(frame.filename, frame.lineno) or frame.line or "").strip()
    return f", at line {frame.lineno} of {frame.name}" + (f" (`{code}`)" if code else "")


def _is_theirs(filename: str) -> bool:
    return not any(part in filename for part in ("/jobqueue/lab/explorer/", "/redis/", "/asyncio/"))
