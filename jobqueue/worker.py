"""The consumer's side: a worker fetches, runs, settles and drains. Its parts are fetcher, runner and keeper."""

import asyncio
import contextlib
import os
import random
import secrets
import socket
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobqueue.errors import BadSetting
from jobqueue.fetcher import Fetcher
from jobqueue.handler import Handler, JobTask
from jobqueue.keeper import Keeper
from jobqueue.keys import Keys
from jobqueue.policies import Policy, strict
from jobqueue.printable import log
from jobqueue.queue import Queue
from jobqueue.runner import Runner
from jobqueue.scripts import Heads, Transitions
from jobqueue.server.connect import BLOCK_SECONDS
from jobqueue.server.refusals import Absence

#: The most seconds between two attempts to reach Redis.
LONGEST_PAUSE = 2.0


class Worker:
    """Runs the jobs of `queue` with `handlers`, by a task's name: `await Worker(queue, {"resize": resize}).run()`.

    A handler takes a Job and returns plain JSON data. Async ones share this loop; plain functions run in threads, and
    nothing can stop a thread. One that raises is tried again after a backoff. A job may run more than once: make its
    effect idempotent (by `job.id`), or guard it with its fencing token (`job.entry`).

    Args:
        concurrency (int): jobs held at once; more are never kept.
        name (str): the consumer's name, unique in the queue. By default host, pid and a nonce.
        policy: which tier to fetch from next (see policies.py), while the queue has none set.
        policies: functions that `Queue.set_policy` may name, besides those that are built in.
        grace (float): seconds that `drain` lets running jobs finish before it hands them back.
        reap (bool): whether to run a reaper too. Off only to show what happens without one.
        rng (random.Random): where the jitter of backoffs comes from.
    """

    #: Seconds that a drain, after its grace, gives to cancelled handlers, and again to everything else that it awaits.
    patience = 5.0

    #: What renews the leases and runs the reaper: a thread. The explorer has no threads, so there it's a task.
    keeper_type: Callable[["Worker"], Keeper] = Keeper

    #: How jobs change in Redis. Lessons use one with a script of their own.
    transitions_type: Callable[[Redis, Keys], Transitions] = Transitions

    #: What a job is run in. The explorer has tasks of its own.
    new_task: Callable[[Coroutine[Any, Any, None]], Any] = JobTask

    def __init__(
        self,
        queue: Queue,
        handlers: dict[str, Handler],
        *,
        concurrency: int = 16,
        name: str | None = None,
        policy: Policy = strict,
        policies: Mapping[str, Policy] | None = None,
        grace: float = 10.0,
        reap: bool = True,
        rng: random.Random | None = None,
    ):
        self.queue, self.handlers, self.policy = queue, handlers, policy
        # F12: unique by default, because for Redis the name is the identity.
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.policies = {} if policies is None else policies  # one that's empty may fill up later
        self.grace, self.reap, self.rng = grace, reap, rng or random.Random()
        self._be_as_new()
        self.resize(concurrency)

    def _be_as_new(self) -> None:
        """Reset: it may run again, even in another loop."""
        #: Set once it fetches no more.
        self.draining, self._until_idle = asyncio.Event(), False
        #: Runs the jobs that it holds.
        self.runner = Runner(self)
        #: What waited at the last look; None if that's out of date: a fetch found nothing, or a job has failed.
        self.heads: Heads | None = None

    async def run(self) -> None:
        """Work until `drain` is called. Outlives cut connections and restarts of Redis.

        Without its keeper it would only lose leases. So if that fails, it drains, and raises the failure.
        If it's cancelled, it hands back its running jobs at once.
        """
        # A client belongs to a loop, so each run has a new one.
        self.redis = self.queue.connect(self.queue.url)
        self.transitions = self.transitions_type(self.redis, self.queue.keys)
        self.fetcher = Fetcher(self)
        keeper = self.keeper_type(self)
        keeper.start()
        settler = asyncio.create_task(self.runner.settle_forever())
        settler.add_done_callback(lambda _: self.drain())  # it has failed, or we're at the end
        try:
            await self._fetch_forever()
            await self.runner.let_finish(self.grace)
        finally:
            async with contextlib.AsyncExitStack() as steps:  # the last one first, even if we're cancelled meanwhile
                steps.callback(self._be_as_new)
                steps.push_async_callback(self.redis.aclose)
                steps.push_async_callback(self.fetcher.leave)
                steps.push_async_callback(keeper.stop)
                steps.push_async_callback(self.runner.hand_back, settler)
        if failure := keeper.failure or (settler.done() and not settler.cancelled() and settler.exception()):
            raise failure

    async def run_until_idle(self) -> None:
        """Work until no job is waiting, pending or delayed, here or in another worker."""
        self._until_idle = True
        await self.run()

    def drain(self) -> None:
        """Stop fetching, let running jobs finish for `grace` seconds, hand the others back, and end `run`."""
        self.draining.set()
        self.runner.slot_freed.set()

    def hand_back(self) -> None:
        """Drain, and hand running jobs back at once: `grace` is over."""
        self.runner.hurrying = True
        self.drain()

    def resize(self, concurrency: int) -> None:
        """Hold up to this many jobs at once from now on. If it holds more, those finish first. Raises BadSetting."""
        if not isinstance(concurrency, int) or not 1 <= concurrency <= 1000:
            raise BadSetting(f"concurrency must be from 1 to 1000, not {concurrency!r}")
        self.concurrency = concurrency
        self.runner.slot_freed.set()

    @property
    def running(self) -> int:
        """The number of jobs it holds now."""
        return len(self.runner.held)

    async def _fetch_forever(self) -> None:
        absence = Absence()
        while not self.draining.is_set():
            try:
                await self.fetcher.prepare()
                await self._fetch_once()
                absence.end()
            except RedisError as error:
                self.fetcher.suspect = True  # F68: a reply may have been lost, with entries in it
                # F14: the group was in the stream's key, and went with it. The next round creates it again.
                if str(error).startswith(("NOGROUP", "UNBLOCKED")):
                    log.warning("the consumer group is gone (FLUSHALL? eviction? no persistence?): creating it again")
                    continue
                pause = min(LONGEST_PAUSE, 0.1 + absence.note(error) / 2)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.rng.uniform(pause / 2, pause)):
                        await self.draining.wait()

    async def _fetch_once(self) -> None:
        # F18: fetch for free slots only. The lease runs from the delivery, not from the start of a job.
        free = self.concurrency - self.running + self.runner.leaving
        if free <= 0:
            self.runner.slot_freed.clear()
            await self.runner.slot_freed.wait()
            return
        self.runner.start(await self.fetcher.fetch(free, 0.01 if self._until_idle else BLOCK_SECONDS))
        if self._until_idle and not self.running and not (await self.queue.snapshot()).unsettled:
            self.drain()
