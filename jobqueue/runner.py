"""Run a job and settle it: the error boundary of a handler, and the end of every attempt."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from redis.exceptions import RedisError

from jobqueue.failure import (
    DEAD,
    DRAINED,
    LOST_LEASE,
    RETRIED,
    TIMED_OUT,
    UNSETTLED,
    Ending,
    is_collected,
    is_ctrl_c,
    judge,
)
from jobqueue.handler import call_in_thread, enter, is_async, say, stop
from jobqueue.job import Job, encode_result
from jobqueue.keys import Tier
from jobqueue.policies import Suspects
from jobqueue.printable import log
from jobqueue.scripts import LOST
from jobqueue.server.refusals import is_away

if TYPE_CHECKING:  # it imports this module
    from jobqueue.worker import Worker

#: F66: results recorded by one script. Each may be as large as max_bytes, and Redis serves no other client meanwhile.
SETTLED_AT_ONCE = 100


class Held(msgspec.Struct):
    """A job that this worker has fetched and not settled yet."""

    job: Job
    #: time.monotonic() after which the heartbeat stops. A handler that hangs must not hold its lease forever.
    until: float
    #: Whether its handler is awaited in this loop; a plain one runs in a thread.
    in_loop: bool
    task: asyncio.Task[None] | None = None
    #: Whether its handler is still running.
    running: bool = True
    #: Why the worker itself cancelled the handler: LOST_LEASE, DRAINED or TIMED_OUT.
    cancelled: str | None = None


class Runner:
    """Runs jobs for `worker`.

    `held` has every job from before it starts until it's settled. The heartbeat renews these jobs, they count against
    the worker's concurrency, and its pending list is compared with them after a lost reply.
    """

    def __init__(self, worker: "Worker"):
        self.worker = worker
        self.held: dict[tuple[Tier, str], Held] = {}
        self.suspects = Suspects()
        self.slot_freed = asyncio.Event()
        self.give_up_at = float("inf")  # time.monotonic() after which we don't wait for an absent server
        self.closing = False
        self.finished: list[tuple[Held, bytes]] = []
        self._wake_settler = asyncio.Event()
        self.alarm: asyncio.TimerHandle | None = None

    def start(self, job: Job) -> None:
        in_loop = is_async(self.worker.handlers[job.task])
        held = self.held[job.address] = Held(job, time.monotonic() + job.timeout, in_loop)
        held.task = self.worker.new_task(self._run(held))
        self._set_alarm(held.until)

    def cancel(self, held: Held, why: str) -> None:
        """Stop a handler, because its lease is lost or the worker drains. A thread only has its outcome discarded."""
        if held.task and held.running and not held.cancelled:
            held.cancelled = why
            stop(held.task)

    def _set_alarm(self, until: float) -> None:
        """Set one timer, for the job whose time is up first. One per job would cost as much as the rest of its run."""
        if not self.alarm or until < self.alarm.when():
            if self.alarm:
                self.alarm.cancel()
            self.alarm = asyncio.get_running_loop().call_at(until, self._ring)

    def _ring(self) -> None:
        self.alarm = None
        for held in list(self.held.values()):
            if held.until <= time.monotonic():
                self.cancel(held, TIMED_OUT)
            elif held.running:
                self._set_alarm(held.until)

    async def settle_for_ever(self) -> None:
        """Complete the jobs that have finished. Those that finish while a script is under way go into the next one.

        A handler may cancel all tasks of the loop, and this one with them. The worker must not lose it.
        """
        while True:
            try:
                await self._wake_settler.wait()
                self._wake_settler.clear()
                while self.finished:
                    await self.settle_finished()
            except asyncio.CancelledError:
                if self.closing:
                    raise
                self._wake_settler.set()

    async def settle_finished(self) -> None:
        worker, batch = self.worker, self.finished[:SETTLED_AT_ONCE]
        results = [(held.job, result) for held, result in batch]
        ttl_ms = round(worker.queue.result_ttl * 1000)
        # F36: acknowledge only here, after the handler has returned.
        answer = await self._insist(lambda: worker.transitions.complete(worker.name, results, ttl_ms))
        replies, worker.heads = answer or ([None] * len(batch), None)
        del self.finished[: len(batch)]
        for (held, _), reply in zip(batch, replies, strict=True):
            self._drop(held, "done", reply)

    async def _run(self, held: Held) -> None:
        job, worker = held.job, self.worker
        enter(held.task)
        say("started", job, worker.name)
        try:
            handler = worker.handlers[job.task]
            returned = await (handler(job) if held.in_loop else call_in_thread(handler, job, worker.name))
            if inspect.isawaitable(returned):  # a plain function around an async one: a lambda, a decorator
                returned = await returned
            result = encode_result(returned, worker.queue.max_bytes)
        except BaseException as error:  # even SystemExit: if a handler raises, only its own job has failed
            held.running = False
            await self._end(held, error)
        else:
            held.running = False
            self.finished.append((held, result))
            self._wake_settler.set()

    async def _end(self, held: Held, error: BaseException) -> None:
        """Settle an attempt that raised `error`."""
        try:
            if is_collected(error, held.task):
                raise error
            if is_ctrl_c(error):
                self.give_up_at = min(self.give_up_at, time.monotonic() + 1)
            end = judge(held.job, error, held.cancelled, held.task, self.worker.rng)
            self._drop(held, end.outcome, await self._settle(held.job, end), end.error)
        finally:
            self._drop(held, UNSETTLED, None)  # else it's no longer in `held`
        if is_ctrl_c(error):
            raise error

    async def _settle(self, job: Job, end: Ending) -> int | None:
        moves, args = self.worker.transitions, (self.worker.name, job.priority, job.entry)
        calls: dict[str, Callable[[], Awaitable[int]]] = {
            DRAINED: lambda: moves.release(*args, started=True),
            RETRIED: lambda: moves.retry(self.worker.name, job, round(end.pause * 1000), end.error),
            DEAD: lambda: moves.bury(*args, job.id, end.reason, end.error, end.traceback),
        }
        return await self._insist(calls[end.outcome]) if end.outcome in calls else LOST

    async def _insist(self, settle: Callable[[], Awaitable[Any]]) -> Any:
        """Ask a settling script until it answers, and return the answer. A settled entry says so the second time, too.

        None if we can't know: the server refuses, or stays away while we drain. A release that we asked for twice may
        have been done the first time.
        """
        asked_again = False
        while True:
            try:
                if asked_again:
                    await asyncio.sleep(0.2)
                reply = await settle()
                return None if asked_again and reply == LOST else reply
            except RedisError as error:
                if not is_away(error):
                    log.error("the server refused to settle an attempt, so its lease will run out: %s", error)
                    return None
                if time.monotonic() > self.give_up_at:
                    return None
            except asyncio.CancelledError:  # another job's handler did it; only we settle this entry
                if self.closing or time.monotonic() > self.give_up_at:
                    raise
            asked_again = True

    def _drop(self, held: Held, outcome: str, reply: int | None, error: str = "") -> None:
        """Let go of a job, whose attempt ended with `outcome` if Redis confirmed it."""
        if self.held.pop(held.job.address, None):
            outcome = UNSETTLED if reply is None else LOST_LEASE if reply == LOST else outcome
            if held.job.reaped and outcome not in (LOST_LEASE, DRAINED):
                self.suspects.survived()
            self.slot_freed.set()
            say(outcome, held.job, self.worker.name, error)
