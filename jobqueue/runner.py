"""Run a job and settle it: the error boundary of a handler, and the end of every attempt."""

import asyncio
import contextlib
import inspect
import logging
import random
import time
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from redis.exceptions import ClusterDownError, ConnectionError, ReadOnlyError, ResponseError, TryAgainError
from redis.exceptions import TimeoutError as NoReply

from jobqueue.errors import Reject, RetryLater
from jobqueue.heartbeat import Held
from jobqueue.job import Job, encode_result, is_seconds
from jobqueue.keys import Tier
from jobqueue.queue import Queue
from jobqueue.retry import backoff
from jobqueue.scripts import LOST, Transitions

log = logging.getLogger("jobqueue")

#: Takes a Job, returns plain JSON data. Async, or a plain function, which runs in a thread. Its result is kept as JSON
#: has it: a tuple comes back as a list, NaN as null.
Handler = Callable[[Job], Any]

#: The server is away, or only for a while no master, or in no cluster: worth trying again, with the same words.
AWAY = (ConnectionError, NoReply, ReadOnlyError, ClusterDownError, TryAgainError)

#: It is there and refuses all writes for a while: a replica or the disk is missing, a script is at work. (Of the errors
#: that redis-py has a class for, it takes the first word away: those are above.)
FOR_A_WHILE = ("NOREPLICAS", "MISCONF", "BUSY", "UNBLOCKED")

#: Results recorded by one script: each may be as large as max_bytes, and Redis serves nobody else meanwhile.
SETTLED_AT_ONCE = 100

#: Seconds for settling what is left at the end of a drain, once every handler has been told to stop.
PATIENCE_SECONDS = 5.0

#: Why a handler is cancelled by us.
LOST_LEASE, DRAINED, TIMED_OUT = "lost", "released", "timed out"


class Runner:
    """Runs jobs for the consumer named `consumer`.

    `held` has every job from before it starts until it is settled: what the heartbeat renews, what counts against the
    worker's concurrency, and what its PEL is compared with after a lost reply.
    """

    def __init__(
        self, queue: Queue, transitions: Transitions, consumer: str, handlers: dict[str, Handler], rng: random.Random
    ):
        self.queue, self.transitions, self.consumer = queue, transitions, consumer
        self.handlers, self.rng = handlers, rng
        self.held: dict[tuple[Tier, str], Held] = {}
        self.slot_freed = asyncio.Event()
        self.give_up_at = float("inf")  # time.monotonic() after which an absent server is not waited for
        self._finished: list[tuple[Held, bytes]] = []
        self._wake_settler = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._async = {name for name, handler in handlers.items() if is_async(handler)}

    def start(self, job: Job) -> None:
        held = self.held[job.address] = Held(job, until=time.monotonic() + job.timeout)
        held.task = asyncio.create_task(self._run(held))
        self._set_alarm(held.until)

    def cancel(self, held: Held, why: str) -> None:
        """Stop a handler, because its lease is lost or the worker drains. A thread only has its outcome discarded."""
        if held.task and held.running and not held.cancelled:
            held.cancelled = why
            held.task.cancel()

    def _set_alarm(self, until: float) -> None:
        """One timer for the job whose time is up first: one a job would cost as much as the rest of running it."""
        if self._alarm and self._alarm.when() <= until:
            return
        if self._alarm:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(until, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        for held in list(self.held.values()):
            if held.until <= time.monotonic():
                self.cancel(held, TIMED_OUT)
            elif held.running:
                self._set_alarm(held.until)

    async def settle_for_ever(self) -> None:
        """Complete what has finished: what finished while the last script was under way goes into the next."""
        while True:
            await self._wake_settler.wait()
            self._wake_settler.clear()
            while self._finished:
                await self._settle_finished()

    async def _settle_finished(self) -> None:
        batch = self._finished[:SETTLED_AT_ONCE]
        results = [(held.job, result) for held, result in batch]
        ttl_ms = round(self.queue.result_ttl * 1000)
        replies = await self._insist(self.transitions.complete, self.consumer, results, ttl_ms)
        del self._finished[: len(batch)]
        for (held, _), reply in zip(batch, replies or [LOST] * len(batch), strict=True):
            self._drop(held, "lost" if reply == LOST else "done")

    async def finish(self, seconds: float) -> None:
        """Let what runs finish for `seconds`, hand back the rest, and return when all is settled."""
        self.give_up_at = time.monotonic() + seconds + 1
        tasks = [held.task for held in self.held.values() if held.task]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._hand_back(lambda held: held.job.task in self._async)
        try:  # nothing can stop a thread: hand its job back last, just before we leave
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._hand_back(lambda held: True)
        except TimeoutError:
            log.error("left %d attempts to the reaper: Redis is away, or handlers ignore cancellation", len(self.held))

    async def _hand_back(self, whose: Callable[[Held], bool]) -> None:
        for held in filter(whose, list(self.held.values())):
            self.cancel(held, DRAINED)
        while any(map(whose, self.held.values())):
            self.slot_freed.clear()
            await self.slot_freed.wait()

    async def abandon(self) -> None:
        """Hand back what still runs, without grace: the worker itself was cancelled, or failed."""
        self.give_up_at = time.monotonic() + 1
        for held in list(self.held.values()):
            self.cancel(held, DRAINED)
        if tasks := [held.task for held in self.held.values() if held.task]:
            await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
        while self._finished:  # by now, or while the settler was being cancelled: done is done
            await self._settle_finished()
        if self._alarm:
            self._alarm.cancel()

    async def _run(self, held: Held) -> None:
        job = held.job
        say("started", job, self.consumer)
        try:
            returned = await (self.handlers[job.task](job) if job.task in self._async else self._in_thread(job))
            if inspect.isawaitable(returned):  # a plain function around an async one: a lambda, a decorator
                returned = await returned
            result = encode_result(returned, self.queue.max_bytes)
            held.running = False
            self._finished.append((held, result))
            self._wake_settler.set()
        except KeyboardInterrupt:
            raise
        except GeneratorExit:  # the handler's own, or the garbage collector's, in which nothing can be awaited
            self._drop(held, "lost")
            raise
        except BaseException as error:  # SystemExit, for one: whatever a handler raises is a failure of its job alone
            held.running = False
            if held.cancelled == DRAINED:
                await self._insist(self.transitions.release, self.consumer, job.priority, job.entry, 0, True)
            if held.cancelled in (DRAINED, LOST_LEASE):
                self._drop(held, held.cancelled)
            else:
                await self._fail(held, error, held.cancelled or "failed")

    async def _in_thread(self, job: Job) -> Any:
        # A thread of its own, since nothing can stop a thread: in a pool, those that hang would starve the others.
        thread = ThreadPoolExecutor(1, thread_name_prefix=self.consumer)
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, _call_plain, self.handlers[job.task], job)
        finally:
            thread.shutdown(wait=False)

    async def _fail(self, held: Held, error: BaseException, reason: str) -> None:
        job, transitions = held.job, self.transitions
        text, where = _told(error)
        if reason == TIMED_OUT:
            text = f"no answer within {job.timeout} s"
        if isinstance(error, Reject):
            reason = "rejected"
        if job.attempt < job.max_attempts and reason != "rejected":
            if isinstance(error, RetryLater) and is_seconds(error.seconds, least=0):
                seconds = error.seconds
            else:
                seconds = backoff(job.attempt, self.rng)
            outcome = "retried"
            reply = await self._insist(transitions.retry, self.consumer, job, round(seconds * 1000), text)
        else:
            outcome, args = "dead", (job.priority, job.entry, job.id, reason, text, where)
            reply = await self._insist(transitions.bury, self.consumer, *args)
        self._drop(held, outcome if reply else "lost", text)

    async def _insist(self, settle: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """The answer to a settling script, asked again until it comes: a settled entry answers so the second time too.

        None if the server stays away while we drain, or refuses; then the lease runs out, and the job runs again.
        """
        while True:
            try:
                return await settle(*args)
            except (*AWAY, ResponseError) as error:
                if not isinstance(error, AWAY) and not str(error).startswith(FOR_A_WHILE):
                    log.exception("the server refused to settle an attempt; its lease will run out")
                    return None
                if time.monotonic() > self.give_up_at:
                    return None
                await asyncio.sleep(0.2)

    def _drop(self, held: Held, outcome: str, error: str = "") -> None:
        del self.held[held.job.address]
        self.slot_freed.set()
        say(outcome, held.job, self.consumer, error)


def _call_plain(handler: Handler, job: Job) -> Any:
    try:
        return handler(job)
    except StopIteration as error:  # no future carries one: it would be lost on the way, and the job would time out
        raise RuntimeError(f"the handler raised {error!r}") from error


def is_async(handler: Handler) -> bool:
    """Whether to await it here; an object may be a handler, too, by its `__call__`."""
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)


def _told(error: BaseException) -> tuple[str, str]:
    """What an error says, in one line and in full."""
    try:
        line, full = f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))
    except Exception:  # its __str__ is somebody's own code
        line, full = f"{type(error).__name__}, which cannot be printed", ""
    return _sendable(line[:1000]), _sendable(full[-8000:])


def _sendable(text: str) -> str:
    """`text` in UTF-8 for certain. The name of a file need not be, and then an error that tells it is not either."""
    return text.encode(errors="backslashreplace").decode()


def say(event: str, job: Job, worker: str, error: str = "") -> None:
    """One line about one attempt, with its parts also as fields of the log record."""
    if log.isEnabledFor(logging.INFO):
        parts = {"event": event, "job": job.id, "entry": job.entry, "attempt": job.attempt, "worker": worker}
        told = f"{event} {job.task} {job.id} attempt {job.attempt}/{job.max_attempts}{error and ': ' + error}"
        log.info(told, extra=parts | {"task": job.task, "error": error})
