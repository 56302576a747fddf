"""An event loop without a clock and without sockets: it runs everything that's ready, and then it is quiet.

Quiet means that nothing at all can run. Each task waits for a reply that the scheduler holds back, for a timer, or for
another task. That's an exact condition, so nothing here sleeps "long enough". Time is a number, and the scheduler moves
it.
"""

import asyncio
import contextvars
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, TypeVarTuple

from jobqueue.explorer.engine.bare_loop import BareLoop

if TYPE_CHECKING:
    from jobqueue.explorer.engine.process import Process

Args = TypeVarTuple("Args")

#: The program whose code is running: set in the context of its first task, inherited by every task that one starts.
PROGRAM: contextvars.ContextVar["Process | None"] = contextvars.ContextVar("program", default=None)

#: Callbacks a program may run between two steps. A loop over `await asyncio.sleep(0)` is caught here.
CALLBACKS = 20_000


class Spin(Exception):
    """Raised by `run_until_quiet` when the ready queue never empties; the loop's `culprit` ran the last callback."""


class Hung(BaseException):
    """Thrown into a program that computes without end. It's no Exception, because programs must not catch it."""


class Blocked(Hung):
    """Thrown into a program that neither computes nor awaits: something of its own holds it up."""


class Callback(asyncio.Handle):
    """A handle as asyncio has it; here its private attributes are known, because this loop calls it."""

    __slots__ = ()
    _context: contextvars.Context
    _callback: Callable[..., object]


class Timer(asyncio.TimerHandle):
    """The same for a handle that's due at a time."""

    __slots__ = ()
    _context: contextvars.Context
    _callback: Callable[..., object]


class Task(asyncio.Task[Any]):
    """A task whose place in a set is the same in every run: asyncio cancels the tasks of a TaskGroup in that order."""

    _log_destroy_pending: bool  # asyncio's own: does it complain when a task is collected that isn't done?

    def __init__(self, coro: Generator[Any, None, Any] | Coroutine[Any, Any, Any], *, place: int, **options: Any):
        self.place = place  # first, because asyncio puts the task into a set at once
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self.place


class VirtualLoop(BareLoop):
    """A loop with all that asyncio itself needs (tasks, futures, timers), in virtual time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ready: deque[Callback | Timer] = deque()
        self.timers: list[tuple[float, int, Timer]] = []
        self.running, self.rounds = False, 0  # for a watchdog: is a program computing, and is it still the same?
        self.culprit: Process | None = None  # the program whose callback raised out of the loop
        self.forgotten: list[tuple[Process, str, int]] = []  # program, file, line of each missing `await`
        self.started = 0  # breaks the tie between timers due at the same instant: first asked, first served
        self.runs, self.tasks = 0, 0  # schedules so far, and tasks in this one

    def reset(self, now: float) -> None:
        """Forget all tasks and timers and set the clock, in seconds. Each schedule starts with this."""
        self.now = now
        self.ready.clear()
        self.timers.clear()
        self.forgotten.clear()
        self.started = 0
        self.runs, self.tasks = self.runs + 1, 0

    def run_until_quiet(self) -> None:
        """Run until no callback is ready. Raises Spin after CALLBACKS of them."""
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(self)
        ready = self.ready
        self.running, self.rounds = True, self.rounds + 1
        try:
            for _ in range(CALLBACKS):
                if not ready:
                    return
                handle = ready.popleft()
                if not handle._cancelled:
                    handle._context.run(handle._callback, *handle._args)
            raise Spin
        except BaseException:
            self.culprit = handle._context.get(PROGRAM)
            raise
        finally:
            self.running = False
            asyncio._set_running_loop(outer)

    def next_timer(self) -> float | None:
        """The time at which the earliest timer is due, or None."""
        while self.timers and self.timers[0][2]._cancelled:
            heapq.heappop(self.timers)
        return self.timers[0][0] if self.timers else None

    def drop_timers(self, program: "Process") -> None:
        """Remove a crashed program's timers, so that they never fire."""
        self.timers = [timer for timer in self.timers if timer[2]._context.get(PROGRAM) is not program]
        heapq.heapify(self.timers)

    def fire_due(self) -> "set[Process]":
        """Make every timer due by `now` ready, in order; returns the programs they belong to."""
        woken = set()
        while (when := self.next_timer()) is not None and when <= self.now:
            handle = heapq.heappop(self.timers)[2]
            if program := handle._context.get(PROGRAM):
                woken.add(program)
            self.ready.append(handle)
        return woken

    def note_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: str | None = None,
    ) -> None:
        """Stand in for `warnings.showwarning`, and keep coroutines that a program forgot to await, for its verdict."""
        program = PROGRAM.get()
        if self.running and program and "was never awaited" in str(message):
            self.forgotten.append((program, filename, lineno))

    # What asyncio calls.

    def time(self) -> float:
        return self.now

    def call_soon(
        self, callback: Callable[[*Args], object], *args: *Args, context: contextvars.Context | None = None
    ) -> Callback:
        handle = Callback(callback, args, self, context)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Args], object],
        *args: *Args,
        context: contextvars.Context | None = None,
    ) -> Timer:
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Args], object], *args: *Args, context: contextvars.Context | None = None
    ) -> Timer:
        handle = Timer(when, callback, args, self, context)
        self.started += 1
        heapq.heappush(self.timers, (when, self.started, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        pass  # it is skipped when its time comes

    def create_task(
        self,
        coro: Generator[Any, None, Any] | Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> Task:
        self.tasks += 1
        place = self.tasks + (self.runs << 20)  # small sets look at the low bits alone
        task = Task(coro, place=place, loop=self, name=name, context=context)
        program = context.get(PROGRAM) if context else PROGRAM.get()
        if program is not None:
            program.tasks.append(task)
        return task
