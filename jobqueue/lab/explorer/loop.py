"""An event loop without a clock and without sockets: it runs what is ready, and then it is quiet.

Quiet means that nothing at all can run: every task waits for a reply that the scheduler holds back, for a timer, or for
another task. That is an exact condition, so nothing here ever sleeps "long enough". Time is a number that the scheduler
moves.
"""

import asyncio
import contextvars
import heapq
from collections import deque

#: The program whose code is running: set in the context of its first task, inherited by every task that one starts.
PROGRAM = contextvars.ContextVar("program", default=None)

#: Callbacks a program may run between two steps. A loop over `await asyncio.sleep(0)` is caught here.
CALLBACKS = 20_000


class Spin(Exception):
    """Raised by `run_until_quiet` when the ready queue never empties. `program` is the one whose callback ran last."""

    def __init__(self, program):
        super().__init__("keeps waking up without sending a command")
        self.program = program


class Task(asyncio.Task):
    """A task whose place in a set is the same in every run: asyncio cancels the tasks of a TaskGroup in that order."""

    def __init__(self, coro, *, place: int, **options):
        self.place = place  # first, because asyncio puts the task into a set at once
        super().__init__(coro, **options)

    def __hash__(self):
        return self.place


class VirtualLoop(asyncio.AbstractEventLoop):
    """What asyncio itself needs of a loop (tasks, futures, timers) in virtual time. No sockets, no threads."""

    def __init__(self):
        self.now = 0.0
        self.ready = deque()
        self.timers = []
        self.running, self.rounds = False, 0  # for a watchdog: is a program computing, and is it still the same?
        self.forgotten = []  # (program, file, line) of coroutines that nobody awaited
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
            raise Spin(handle._context.get(PROGRAM))
        finally:
            self.running = False
            asyncio._set_running_loop(outer)

    def next_timer(self) -> float | None:
        """When the earliest timer is due, or None."""
        while self.timers and self.timers[0][2]._cancelled:
            heapq.heappop(self.timers)
        return self.timers[0][0] if self.timers else None

    def drop_timers(self, program) -> None:
        """A crashed program's timers never fire."""
        self.timers = [timer for timer in self.timers if timer[2]._context.get(PROGRAM) is not program]
        heapq.heapify(self.timers)

    def fire_due(self) -> set:
        """Make every timer due by `now` ready, in order; returns the programs they belong to."""
        woken = set()
        while (when := self.next_timer()) is not None and when <= self.now:
            handle = heapq.heappop(self.timers)[2]
            woken.add(handle._context.get(PROGRAM))
            self.ready.append(handle)
        return woken

    def note_warning(self, message, category, filename, lineno, file=None, line=None) -> None:
        """Instead of `warnings.showwarning`: a coroutine that a program forgot to await is kept for its verdict."""
        if self.running and "was never awaited" in str(message):
            self.forgotten.append((PROGRAM.get(), filename, lineno))

    # What asyncio calls.

    def time(self):
        return self.now

    def call_soon(self, callback, *args, context=None):
        handle = asyncio.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(self, delay, callback, *args, context=None):
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self.started += 1
        heapq.heappush(self.timers, (when, self.started, handle))
        return handle

    def _timer_handle_cancelled(self, handle):
        pass  # it is skipped when its time comes

    def create_future(self):
        return asyncio.Future(loop=self)

    def create_task(self, coro, *, name=None, context=None):
        self.tasks += 1
        place = self.tasks + (self.runs << 20)  # small sets look at the low bits alone
        task = Task(coro, place=place, loop=self, name=name, context=context)
        program = context.get(PROGRAM) if context else PROGRAM.get()
        if program is not None:
            program.tasks.append(task)
        return task

    def run_in_executor(self, executor, function, *args):
        """Threads are not interleaved: the function runs at once, as if the thread were infinitely fast."""
        future = self.create_future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def get_debug(self):
        return False

    def is_running(self):
        return True

    def is_closed(self):
        return False

    def call_exception_handler(self, context):
        pass  # the scheduler looks at every task itself, in a fixed order
