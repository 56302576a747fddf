"""A failed attempt: what its error means for the job.

An error may be of a handler's own class, whose every method may raise, too. So nothing of it is trusted.
"""

import asyncio
import contextlib
import random
import signal
import threading
from typing import Any

import msgspec

from jobqueue.errors import Reject, RetryLater, is_a
from jobqueue.job import Job, is_seconds
from jobqueue.policies import backoff
from jobqueue.printable import describe

#: The reasons for which a worker cancels a handler itself. The first two end an attempt, too.
LOST_LEASE, DRAINED, TIMED_OUT = "lost", "released", "timed out"

#: The ends of an attempt that failed.
RETRIED, DEAD = "retried", "dead"

#: The end of an attempt that Redis did not confirm: it may be settled, or its lease runs out.
UNSETTLED = "unsettled"


class Ending(msgspec.Struct, frozen=True):
    """How an attempt ends whose handler raised."""

    #: LOST_LEASE, DRAINED, RETRIED or DEAD.
    outcome: str
    #: Why the job is dead.
    reason: str = ""
    error: str = ""
    traceback: str = ""
    #: Seconds until the next attempt.
    pause: float = 0.0


def judge(job: Job, error: BaseException, cancelled: str | None, task: Any, rng: random.Random) -> Ending:
    """The end of an attempt that raised `error`: a failure, unless something other than its handler is the cause.

    `cancelled` is the reason for which its worker has cancelled it.
    """
    disturbed = getattr(task, "cancelled_by_others", False) and cancelled != TIMED_OUT
    guilty = getattr(task, "cancelled_others", False)
    if cancelled == LOST_LEASE:
        return Ending(LOST_LEASE)
    if (cancelled == DRAINED or disturbed or is_ctrl_c(error)) and not guilty:
        return Ending(DRAINED)
    reason = "rejected" if is_a(Reject, error) else TIMED_OUT if cancelled == TIMED_OUT else "failed"
    text, where = describe(error)
    if cancelled == TIMED_OUT:
        text = f"no answer within {job.timeout} s"
    elif guilty and is_a(asyncio.CancelledError, error):
        text = "the handler cancelled the tasks of other jobs"
    retried = job.failures < job.max_attempts and reason != "rejected"
    return Ending(RETRIED if retried else DEAD, reason, text, where, _pause(job, error, rng))


def _pause(job: Job, error: BaseException, rng: random.Random) -> float:
    """Seconds until the next attempt."""
    with contextlib.suppress(BaseException):  # a subclass is a handler's own code
        if is_a(RetryLater, error) and is_seconds(error.seconds, least=0):  # type: ignore[attr-defined]
            return float(error.seconds)  # type: ignore[attr-defined]
    return backoff(job.failures, rng)


def is_ctrl_c(error: BaseException) -> bool:
    """Whether a KeyboardInterrupt in the loop may be a real one. asyncio.run and `jobqueue worker` catch the signal."""
    in_main = threading.current_thread() is threading.main_thread()
    caught = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    return is_a(KeyboardInterrupt, error) and in_main and not caught


def is_collected(error: BaseException, task: Any) -> bool:
    """Whether the garbage collector raised it, in `task`. Then nothing can be awaited."""
    try:
        return is_a(GeneratorExit, error) and asyncio.current_task() is not task
    except RuntimeError:  # no loop is running
        return True
