"""A handler: how it's called, how it's cancelled, and how the error that it raises is put into words."""

import asyncio
import contextvars
import inspect
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, cast

from jobqueue.job import Job
from jobqueue.printable import log

#: Takes a Job, returns plain JSON data. Async, or a plain function, which runs in a thread. Its result is kept as JSON
#: has it: a tuple comes back as a list, NaN as null.
Handler = Callable[[Job], Any]

#: The job whose handler is running here, in the loop or in a thread.
_current: contextvars.ContextVar[asyncio.Task[None] | None] = contextvars.ContextVar(
    "jobqueue's current job", default=None
)


class JobTask(asyncio.Task[None]):
    """The task of one job. It notes if another job cancels it: a handler gets all tasks by asyncio.all_tasks()."""

    #: Whether it was cancelled by something other than its own handler and its worker.
    cancelled_by_others = False
    #: Whether its handler has cancelled another job.
    cancelled_others = False

    def cancel(self, msg: Any = None) -> bool:
        canceller = _current.get()
        if canceller is not self:  # a handler's own timeouts and task groups cancel the task they are in
            self.cancelled_by_others = True
            if isinstance(canceller, JobTask):
                canceller.cancelled_others = True
        stop(self, msg)
        return not self.done()


def stop(task: asyncio.Task[None], msg: Any = None) -> None:
    """Cancel a job for its worker. No job is to blame for that.

    Let it take its first step, because otherwise none of its lines would run, and it couldn't hand back its entry.
    """
    if inspect.getcoroutinestate(cast(Any, task.get_coro())) == inspect.CORO_CREATED:
        asyncio.get_running_loop().call_soon(asyncio.Task.cancel, task, msg)
    else:
        asyncio.Task.cancel(task, msg)


def enter(task: asyncio.Task[None] | None) -> None:
    """Note that the handler of `task` runs in this context from now on."""
    _current.set(task)


def is_async(handler: Handler) -> bool:
    """Whether to await it here; an object may be a handler, too, by its `__call__`."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


async def call_in_thread(handler: Handler, job: Job, name: str) -> Any:
    """Call a plain handler in a thread of its own, with the context variables that an async handler has here.

    Nothing can stop a thread: in a pool, those that hang would starve the others, and Python waits for a pool's threads
    before it ends.
    """
    context, future = contextvars.copy_context(), Future[Any]()

    def call() -> None:
        try:
            future.set_result(context.run(handler, job))
        except (StopIteration, KeyboardInterrupt) as error:
            # No future carries the first: the job would time out. The second would end the loop; but Ctrl-C never
            # comes to a thread, so it's the handler's own.
            future.set_exception(RuntimeError(f"the handler raised {error!r}"))
        except BaseException as error:
            future.set_exception(error)

    future.set_running_or_notify_cancel()
    threading.Thread(target=call, name=name, daemon=True).start()
    return await asyncio.wrap_future(future)


def say(event: str, job: Job, worker: str, error: str = "") -> None:
    """Log a line about one attempt, with its parts also as fields of the log record."""
    if log.isEnabledFor(logging.INFO):
        parts = {"event": event, "task": job.task, "job": job.id, "entry": job.entry, "attempt": job.attempt}
        lost = f" ({job.lost} lost)" if job.lost else ""
        line = f"{event} {job.task} {job.id} attempt {job.attempt}/{job.max_attempts}{lost}{error and ': ' + error}"
        log.info(line, extra=parts | {"worker": worker, "error": error})
