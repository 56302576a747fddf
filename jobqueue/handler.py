"""A handler: how it's called and cancelled, and what it means for the job if it raises.

An error may be of a handler's own class, whose every method may raise, too. So nothing of it is trusted.
"""

import asyncio
import contextlib
import contextvars
import enum
import inspect
import logging
import random
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from jobqueue.errors import Reject, RetryLater, is_a
from jobqueue.job import Job, is_seconds
from jobqueue.policies import backoff
from jobqueue.printable import describe, log
from jobqueue.threads import is_ctrl_c

#: Takes a Job, returns plain JSON data. Async, or a plain function, which runs in a thread. Its result is kept as JSON
#: has it: a tuple comes back as a list, NaN as null.
Handler = Callable[[Job], Any]

#: The task of the job whose handler is running here, in the loop or in a thread.
current_task: contextvars.ContextVar[Any] = contextvars.ContextVar("jobqueue's current job", default=None)


class Fate(enum.StrEnum):
    """How an attempt ends. A worker cancels a handler itself when it's LOST, RELEASED or TIMED_OUT."""

    DONE = "done"
    #: The lease was lost, so the job is another worker's now.
    LOST = "lost"
    #: The job was handed back, because its worker drains.
    RELEASED = "released"
    #: A failure, so the attempt ends as RETRIED or DEAD.
    TIMED_OUT = "timed out"
    RETRIED = "retried"
    DEAD = "dead"
    #: Redis didn't confirm the end: it's settled, or its lease runs out.
    UNSETTLED = "unsettled"


class Held(msgspec.Struct):
    """A job that a worker has fetched and not settled yet, and how its attempt ended."""

    job: Job
    #: Whether its handler is awaited in this loop; a plain one runs in a thread.
    in_loop: bool
    task: asyncio.Task[None] | None = None
    #: time.monotonic() after which the heartbeat stops. A handler that hangs must not hold its lease forever.
    until: float = float("inf")
    #: Why the worker itself cancelled the handler: LOST, RELEASED or TIMED_OUT.
    cancelled: Fate | None = None
    #: DONE, LOST, RELEASED, RETRIED or DEAD. None while the handler runs.
    outcome: Fate | None = None
    #: Of a job that's DONE.
    result: bytes = b""
    #: Why a job is DEAD.
    reason: str = ""
    error: str = ""
    traceback: str = ""
    #: Seconds until the next attempt of a job that's RETRIED.
    pause: float = 0.0


class JobTask(asyncio.Task[None]):
    """The task of one job. No other job's handler can cancel it, although asyncio.all_tasks() gives it all tasks."""

    def __init__(self, run: Coroutine[Any, Any, None]):
        # From Python 3.12 on, a job runs as soon as it's started, until it waits for something. Many never do.
        eager: Any = {"eager_start": True} if sys.version_info >= (3, 12) else {}
        super().__init__(run, loop=asyncio.get_running_loop(), **eager)

    #: Whether its surroundings have cancelled it: its own handler hasn't, and its worker calls `stop`.
    disturbed = False
    #: Whether its handler has tried to cancel another job.
    guilty = False

    def cancel(self, msg: Any = None) -> bool:
        canceller = current_task.get()
        if canceller is self:  # a handler's own timeouts and task groups cancel the task they are in
            return super().cancel(msg)
        if canceller is not None:
            canceller.guilty = True
            return False
        self.disturbed = True
        stop(self)
        return not self.done()


def stop(task: asyncio.Task[None]) -> None:
    """Cancel a job, after its first step: before it, none of its lines would run, and no one would settle it."""
    task.get_loop().call_soon(asyncio.Task.cancel, task)


def is_async(handler: Handler) -> bool:
    """Whether to await it here; an object may be a handler, too, by its `__call__`."""
    quick = inspect.isfunction(handler) and bool(handler.__code__.co_flags & inspect.CO_COROUTINE)  # it mostly says yes
    return quick or inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


def judge(held: Held, error: BaseException, rng: random.Random) -> None:
    """Note how an attempt ended that raised `error`: a failure, unless its handler isn't the cause."""
    job, task, cancelled = held.job, held.task, held.cancelled
    disturbed, guilty = (getattr(task, name, False) for name in ("disturbed", "guilty"))
    if cancelled == Fate.LOST:
        held.outcome = Fate.LOST
    elif (cancelled == Fate.RELEASED or (disturbed and not cancelled) or is_ctrl_c(error)) and not guilty:
        held.outcome = Fate.RELEASED
    else:
        held.reason, (held.error, held.traceback) = "failed", describe(error)
        if cancelled == Fate.TIMED_OUT:
            held.reason, held.error = Fate.TIMED_OUT, f"no answer within {job.timeout} s"
        if is_a(Reject, error):
            held.reason = "rejected"
        retried = job.failures < job.max_attempts and held.reason != "rejected"
        held.pause, held.outcome = _pause(job, error, rng), Fate.RETRIED if retried else Fate.DEAD


def _pause(job: Job, error: BaseException, rng: random.Random) -> float:
    """Seconds until the next attempt."""
    with contextlib.suppress(BaseException):  # a subclass is a handler's own code
        if is_a(RetryLater, error) and is_seconds(error.seconds, least=0):  # type: ignore[attr-defined]
            return float(error.seconds)  # type: ignore[attr-defined]
    return backoff(job.failures, rng)


def say(event: str, job: Job, worker: str, error: str = "") -> None:
    """Log a line about one attempt, with its parts also as fields of the log record."""
    if log.isEnabledFor(logging.INFO):
        parts = {"event": event, "task": job.task, "job": job.id, "entry": job.entry, "attempt": job.attempt}
        lost = f" ({job.lost} lost)" if job.lost else ""
        line = f"{event} {job.task} {job.id} attempt {job.attempt}/{job.max_attempts}{lost}{error and ': ' + error}"
        log.info(line, extra=parts | {"worker": worker, "error": error})
