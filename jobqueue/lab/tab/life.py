"""The life of a worker that is made of tasks, so that it can stand still, or be gone at once.

If a task is cancelled, its `finally` blocks run. After a `kill -9` nothing runs, so here a coroutine just stops.
"""

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from jobqueue.lab.tab.network import TabProxy

#: The life that the code belongs to which runs now.
current_life: ContextVar["Life | None"] = ContextVar("the life of a worker in this tab", default=None)

#: Coroutines of killed workers. If one of them were forgotten, Python would run its `finally` blocks.
GRAVES: list[Coroutine[Any, Any, Any]] = []


class Life:
    """Of all tasks that are made in it (see `install`), and of the connections that they open."""

    def __init__(self) -> None:
        self.over = self.frozen = False
        self._tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self._coroutines: weakref.WeakSet[Guarded] = weakref.WeakSet()
        self._thawed: list[asyncio.Future[None]] = []
        self.proxy = TabProxy()

    def begin(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Make the first task. Each task and connection that comes of it belongs to this life, too."""
        token = current_life.set(self)
        try:
            return asyncio.create_task(coroutine)
        finally:
            current_life.reset(token)

    def guard(self, coroutine: Coroutine[Any, Any, Any]) -> "Guarded":
        """Return a coroutine that does the same, as long as we live and don't stand still."""
        guarded = Guarded(coroutine, self)
        self._coroutines.add(guarded)
        return guarded

    def freeze(self) -> None:
        """Let no task go on, as SIGSTOP does. Its code doesn't notice."""
        self.frozen = True

    def thaw(self) -> None:
        """Let all tasks go on where they are."""
        self.frozen = False
        for thawed in self._thawed:
            if not thawed.done():
                thawed.set_result(None)
        self._thawed.clear()

    def end(self) -> None:
        """End all of it now: no other line of its code runs, and its connections are gone."""
        self.over = True
        self.proxy.cut()
        for guarded in self._coroutines:
            GRAVES.append(guarded.coroutine)
        for task in self._tasks:
            asyncio.Task.cancel(task)

    def own(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        """Note that this task runs a guarded coroutine of ours; returns the task."""
        self._tasks.add(task)
        return task

    def wait(self) -> asyncio.Future[None]:
        """A future for one frozen task. It has its own, because cancelling a task cancels the future it waits for."""
        thawed = asyncio.get_running_loop().create_future()
        self._thawed.append(thawed)
        return thawed


class Guarded(Coroutine[Any, Any, Any]):
    """A coroutine that only goes on while its life does. A task may run it like any other."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], life: Life):
        self.coroutine, self.life = coroutine, life
        self._error: BaseException | None = None  # what it is told when it thaws

    def send(self, value: Any) -> Any:
        if self.life.over:
            raise asyncio.CancelledError
        if self.life.frozen:
            return next(self.life.wait().__await__())
        error, self._error = self._error, None
        return self.coroutine.throw(error) if error else self.coroutine.send(value)

    def throw(self, error: Any, *rest: Any) -> Any:
        if self.life.over:
            raise asyncio.CancelledError
        if self.life.frozen:
            self._error = error
            return next(self.life.wait().__await__())
        return self.coroutine.throw(error)

    def close(self) -> None:
        if not self.life.over:
            self.coroutine.close()

    def __await__(self) -> Any:
        return self.coroutine.__await__()


def install(loop: asyncio.AbstractEventLoop) -> None:
    """Have this loop give each task to the life in which it's made."""
    make: Callable[..., asyncio.Task[Any]] = loop.create_task

    def create_task(coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        if not (life := current_life.get()):
            return make(coroutine, **options)
        task = make(life.guard(coroutine), **options)
        life.own(task)
        return task

    loop.create_task = create_task  # type: ignore[method-assign, assignment]
