"""Run a job and settle it: the error boundary of a handler, and the end of every attempt."""

import asyncio
import contextlib
import inspect
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from jobqueue.handler import Fate, Held, current_task, is_async, judge, say, stop
from jobqueue.job import Job, encode_result
from jobqueue.keys import Tier
from jobqueue.policies import Suspects
from jobqueue.printable import log
from jobqueue.scripts import LOST
from jobqueue.server.refusals import is_away
from jobqueue.threads import call_in_thread, is_ctrl_c

if TYPE_CHECKING:  # it imports this module
    from jobqueue.worker import Worker

#: F66: results recorded by one script. Each may be as large as max_bytes, and Redis serves no other client meanwhile.
SETTLED_AT_ONCE = 100

#: Seconds for which a policy may still go by the heads of the last look.
FRESH_SECONDS = 0.01


class Runner:
    """Runs jobs for `worker`.

    `held` has every job from before it starts until it's settled. The heartbeat renews these jobs, they count against
    the worker's concurrency, and its pending list is compared with them after a lost reply.
    """

    def __init__(self, worker: "Worker"):
        self.worker = worker
        self.held: dict[tuple[Tier, str], Held] = {}
        self.suspects = Suspects()
        self.slot_freed, self.to_settle = asyncio.Event(), asyncio.Event()
        #: How many of `held` Redis is told to complete. It frees their slots before it reads what we send after that.
        self.leaving, self._fresh_until = 0, 0.0
        self.give_up_at = float("inf")  # time.monotonic() after which we don't wait for an absent server
        self.hurrying = self.closing = False

    def start(self, jobs: list[Job]) -> None:
        """Run `jobs`. All are held before the first one runs, so leases are renewed even if it blocks this loop."""
        starting = {job.address: Held(job, is_async(self.worker.handlers[job.task])) for job in jobs}
        self.held |= starting
        for held in starting.values():
            held.task = self.worker.new_task(self._run(held))

    def cancel(self, held: Held, why: Fate) -> None:
        """Stop a handler. Nothing can stop a thread: only its outcome is discarded."""
        if held.task and not held.outcome and not held.cancelled:
            held.cancelled = why
            stop(held.task)

    async def _run(self, held: Held) -> None:
        job, worker = held.job, self.worker
        held.task = asyncio.current_task()  # here, because an eager one runs before `start` has it
        held.until = time.monotonic() + job.timeout
        current_task.set(held.task)
        say("started", job, worker.name)
        try:
            handler = worker.handlers[job.task]
            returned = await (handler(job) if held.in_loop else call_in_thread(worker.name, handler, job))
            # A plain function around an async one returns an awaitable, too: a lambda, a decorator.
            if not held.in_loop and inspect.isawaitable(returned):
                returned = await returned
            held.result = encode_result(returned, worker.queue.max_bytes)
            held.outcome = Fate.DONE
        except BaseException as error:  # even SystemExit: if a handler raises, only its own job has failed
            judge(held, error, worker.rng)
            if is_ctrl_c(error):
                self.give_up_at = min(self.give_up_at, time.monotonic() + 1)
                raise
        finally:
            self.to_settle.set()

    async def let_finish(self, seconds: float) -> None:
        """Let running jobs finish for `seconds`, unless we're in a hurry."""
        self.give_up_at = time.monotonic() + seconds + 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.held and not self.hurrying:
                    self.slot_freed.clear()
                    await self.slot_freed.wait()

    async def hand_back(self, settler: "asyncio.Task[None]") -> None:
        """Cancel the jobs that still run, and let the settler settle them, and end.

        Nothing can stop a thread, so its job is handed back last, just before we leave.
        """
        self.give_up_at = min(self.give_up_at, time.monotonic() + 1)
        try:
            # If a Ctrl-C came first, some never started. They're handed back together with what never arrived.
            self.held = {address: held for address, held in self.held.items() if held.task}
            # F67: release the rest before we go, or each deploy costs a lease per job.
            for in_loop in (True, False):
                stopped = [held for held in self.held.values() if held.in_loop == in_loop]
                for held in stopped:
                    self.cancel(held, Fate.RELEASED)
                if stopped:
                    await asyncio.wait([held.task for held in stopped if held.task], timeout=self.worker.patience)
        finally:
            self.closing = True
            self.to_settle.set()
            await asyncio.wait([settler], timeout=self.worker.patience)
            settler.cancel()
        if self.held:
            log.error("left %d attempts to the reaper: Redis is away, or handlers ignore cancellation", len(self.held))

    async def settle_forever(self) -> None:
        """Settle the jobs that have ended. Those that end meanwhile are settled together, in the next round.

        A handler may cancel all tasks of the loop, and this one with them. The worker must not lose it.
        """
        while not self.closing:
            try:
                await self.to_settle.wait()
                self.to_settle.clear()
                while ended := [held for held in self.held.values() if held.outcome]:
                    await self._settle(ended[:SETTLED_AT_ONCE])
            except asyncio.CancelledError:
                if self.closing:
                    raise
                self.to_settle.set()

    async def _settle(self, ended: list[Held]) -> None:
        worker, done = self.worker, [held for held in ended if held.outcome == Fate.DONE]
        if done:
            results, ttl_ms = [(held.job, held.result) for held in done], round(worker.queue.result_ttl * 1000)
            # So the next fetch is sent right behind this batch, unless its policy would have to go by an old look.
            if time.monotonic() < self._fresh_until and worker.heads and worker.heads.ages:
                self.leaving = len(done)
                self.slot_freed.set()
            # F36: acknowledge only here, after the handler has returned.
            answer = await self._insist(lambda: worker.transitions.complete(worker.name, results, ttl_ms))
            self.leaving, self._fresh_until = 0, time.monotonic() + FRESH_SECONDS
            replies, worker.heads = answer or ([None] * len(done), None)
            for held, reply in zip(done, replies, strict=True):
                self._drop(held, reply)
        if failed := [held for held in ended if held.outcome != Fate.DONE]:
            worker.heads = None  # it may be old when their slots are free
            await asyncio.gather(*map(self._settle_failed, failed))

    async def _settle_failed(self, held: Held) -> None:
        moves, name, job = self.worker.transitions, self.worker.name, held.job
        place = name, job.priority, job.entry
        calls: dict[Fate | None, Callable[[], Awaitable[int]]] = {
            Fate.RELEASED: lambda: moves.release(*place, started=True),
            Fate.RETRIED: lambda: moves.retry(name, job, round(held.pause * 1000), held.error),
            Fate.DEAD: lambda: moves.bury(*place, job.id, held.reason, held.error, held.traceback),
        }
        self._drop(held, await self._insist(calls[held.outcome]) if held.outcome in calls else LOST)

    async def _insist(self, settle: Callable[[], Awaitable[Any]]) -> Any:
        """Ask a settling script until it answers, and return the answer. A settled entry says so the second time, too.

        None if we can't know: the server refuses, or stays away while we drain. A release that we asked for twice may
        have been done the first time.
        """
        for repeated in itertools.count():
            try:
                reply = await settle()
                return None if repeated and reply == LOST else reply
            except RedisError as error:
                self.leaving = 0  # it may have failed while a fetch won't
                if not is_away(error):
                    log.error("the server refused to settle an attempt, so its lease will run out: %s", error)
                if not is_away(error) or time.monotonic() > self.give_up_at:
                    return None
            await asyncio.sleep(0.2)

    def _drop(self, held: Held, reply: int | None) -> None:
        """Let go of a job, whose attempt has ended as planned if Redis confirmed it."""
        del self.held[held.job.address]
        outcome = Fate.UNSETTLED if reply is None else Fate.LOST if reply == LOST else held.outcome or Fate.UNSETTLED
        if held.job.reaped and outcome not in (Fate.LOST, Fate.RELEASED):
            self.suspects.survived()
        self.slot_freed.set()
        say(outcome, held.job, self.worker.name, held.error)
