"""Storms over a queue: faults of some kinds, at any moment, while jobs are enqueued and done; and the account after."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from types import SimpleNamespace

from crew import Crew
from redis.exceptions import RedisError

from helpers import eventually_async
from jobqueue import Queue, QueueFullError
from jobqueue.keys import GROUP, TIERS
from jobqueue.lab.fleet.proxy import REPLIES, REQUESTS, Proxy
from jobqueue.reaper import Reaper
from jobqueue.sandbox import Sandbox
from steps import pending
from worker_process import compute_digest
from workers import settled

CAPACITY = {"high": 30, "normal": (20, 40), "low": 50}


async def more_done(queue, count):
    return (await queue.snapshot()).done >= count


class Storm:
    """A queue on a server that is killed, behind a proxy that spoils, with workers that are killed and frozen.

    `self.queue` is behind no proxy, because it only looks on. `FAULTS` are the methods that do harm.
    """

    def __init__(self, seed, sandbox, proxy, queue, crew):
        self.rng = random.Random(seed)
        self.sandbox, self.proxy, self.queue, self.crew = sandbox, proxy, queue, crew
        self.numbers: dict[str, int] = {}
        self.over = asyncio.Event()
        self.needles = [queue.transitions.hashes[name].encode() for name in ("complete", "heartbeat")]
        self.needles += [b"XREADGROUP"]
        self.refused = 0
        self.began = time.monotonic()
        self.struck = Counter()

    async def produce(self, who):
        """Enqueue numbers through the proxy until it is over; each again and again, until it is accepted."""
        async with contextlib.AsyncExitStack() as stack:
            through = Queue(self.proxy.url, capacity=CAPACITY)
            stack.push_async_callback(through.close)
            number = 0
            while not self.over.is_set():
                number += 1
                job_id, tier = f"{who}-{number}", self.rng.choice(TIERS)
                delay = self.rng.choice([0, 0, 0, 0.05])
                await self._insist(through, job_id, number, tier, delay)
                await asyncio.sleep(self.rng.uniform(0, 0.01))

    async def _insist(self, through, job_id, number, tier, delay):
        while True:
            try:
                answer = await through.enqueue(
                    "digest", number, priority=tier, job_id=job_id, max_attempts=100, delay=delay
                )
                self.numbers[answer] = number
                return
            except QueueFullError:
                self.refused += 1
                if self.over.is_set():
                    return
                await asyncio.sleep(0.02)
            except RedisError:
                await asyncio.sleep(0.05)

    async def reap(self):
        """Run one more reaper, which races with those of the workers."""
        redis = self.queue.connect(self.queue.url)
        try:
            await Reaper(redis, self.queue.keys).run()
        finally:
            await redis.aclose()

    async def calm(self, ask):
        """The answer to `ask()`, also while the server is just coming up."""
        with contextlib.suppress(RedisError):
            return await ask()

    # Faults.

    async def kill_a_worker(self):
        self.crew.kill(self.rng)

    async def freeze_a_worker_beyond_its_lease(self):
        worker = self.rng.choice(self.crew.workers)
        os.kill(worker.pid, signal.SIGSTOP)
        await asyncio.sleep(1.0)
        os.kill(worker.pid, signal.SIGCONT)

    async def cut_all_connections(self):
        self.proxy.cut()

    async def lose_replies(self):
        for needle in self.needles:
            self.proxy.lose_reply(to=needle)
        lost = self.proxy.lost
        with contextlib.suppress(AssertionError):
            await eventually_async(lambda: self.proxy.lost >= lost + 2, timeout=1)

    async def swallow_what_passes_and_cut(self):
        self.proxy.swallows = {self.rng.choice([REQUESTS, REPLIES])}
        await asyncio.sleep(0.1)
        self.proxy.cut()
        self.proxy.swallows = set()

    async def slow_everything_down(self):
        self.proxy.delay = 0.03
        await asyncio.sleep(0.2)
        self.proxy.delay = 0.0

    async def kill_redis(self):
        self.sandbox.kill()
        await asyncio.sleep(self.rng.uniform(0, 0.3))
        await asyncio.to_thread(self.sandbox.restart)

    async def change_the_policy_again_and_again(self):
        for _ in range(10):
            name = self.rng.choice(["strict", "aging:0.05", "weighted:1/1/8", "nobody-knows-it", None])
            await self.calm(lambda name=name: self.queue.set_policy(name))
            await asyncio.sleep(0.01)

    FAULTS = (
        kill_a_worker, freeze_a_worker_beyond_its_lease, cut_all_connections, lose_replies,
        swallow_what_passes_and_cut, slow_everything_down, kill_redis, change_the_policy_again_and_again,
    )  # fmt: skip

    async def rage(self, faults, kinds):
        """Bring about so many faults, each kind as often as any other; between any two the work goes on for a while."""
        chosen = [kinds[n % len(kinds)] for n in range(faults)]
        self.rng.shuffle(chosen)
        for fault in chosen:
            await fault(self)
            self.struck[fault.__name__.replace("_", " ")] += 1
            before = await eventually_async(lambda: self.calm(self.queue.snapshot))
            await eventually_async(lambda before=before: self.calm(lambda: more_done(self.queue, before.done + 5)))

    async def rest(self):
        """Until everything that was accepted is done."""
        self.over.set()
        await eventually_async(lambda: self.calm(lambda: settled(self.queue)), timeout=120)
        await eventually_async(lambda: self.calm(self.all_are_there), timeout=120)

    async def all_are_there(self):
        """Has each process come so far that it would drain?"""
        consumers = await self.queue.redis.xinfo_consumers(self.queue.keys.stream("low"), GROUP)
        pids = {info["name"].decode().split("-")[-2] for info in consumers}
        return {str(worker.pid) for worker in self.crew.workers} <= pids

    async def check(self, *happened):
        """Hold every result against one computed here. `happened` names what must have, or nothing was proved."""
        now = await self.queue.snapshot()
        assert (now.accepted, now.done, now.dead, now.unsettled) == (len(self.numbers), len(self.numbers), 0, 0)
        ends = {job_id: await self.queue.job(job_id) for job_id in self.numbers}
        assert Counter(end.state for end in ends.values()) == {"done": len(self.numbers)}
        wrong = {i: n for i, n in self.numbers.items() if ends[i].result != compute_digest(n)}
        assert wrong == {}
        assert [await pending(self.queue, tier) for tier in TIERS] == [{}, {}, {}]
        await self._never_over_capacity()
        counts = {"reaped": now.reaped, "refused": self.refused, "cuts": self.proxy.cuts, "lost": self.proxy.lost}
        assert [name for name in happened if not counts[name]] == []
        again = sum(end.attempt > 1 for end in ends.values())
        harm = ", ".join(f"{times} × {fault}" for fault, times in self.struck.items())
        return (
            f"accepted {now.accepted:,} · done {now.done:,} · wrong 0 · lost 0 · attempted again {again:,} · "
            f"{harm}; leases run out {now.reaped:,}, replies lost {self.proxy.lost:,}, "
            f"refused {self.refused:,}, {time.monotonic() - self.began:.0f} s"
        )

    async def _never_over_capacity(self):
        """The events tell each tier's depth after each step, in the order in which the server took them."""
        tiers = {job_id: (await self.queue.redis.hget(self.queue.keys.job(job_id), "tier")) for job_id in self.numbers}
        level, most, outcomes = Counter(), Counter(), Counter()
        for _, fields in await self.queue.redis.xrange(self.queue.keys.events):
            event, job_id = fields[b"event"], fields[b"id"].decode() if b"id" in fields else None
            if event in (b"accepted", b"done"):
                outcomes[event, job_id] += 1
                tier = tiers[job_id].decode()
                level[tier] += 1 if event == b"accepted" else -1
                most[tier] = max(most[tier], level[tier])
        assert set(outcomes.values()) == {1}, "accepted twice, or done twice"
        limits = {"high": 30, "normal": 40, "low": 50}
        assert all(most[tier] <= limits[tier] for tier in TIERS), most
        assert any(most[tier] == limits[tier] for tier in TIERS), most


async def storm(seed, faults, kinds=Storm.FAULTS, happened=("reaped", "refused", "cuts", "lost"), workers=3):
    """Let a storm rage over a server of its own, wait until all is done, and check it; returns a summary line."""
    sandbox = Sandbox(persistent=True)
    try:
        async with Proxy(sandbox.start()) as proxy, Queue(sandbox.url) as queue:
            await queue.set_lease(0.5)
            await queue.record_events()
            crew = Crew(SimpleNamespace(url=proxy.url), workers)
            raging = Storm(seed, sandbox, proxy, queue, crew)
            producers = [asyncio.create_task(raging.produce(name)) for name in "pqr"]
            reapers = [asyncio.create_task(raging.reap()) for _ in range(2)]
            try:
                await raging.rage(faults, kinds)
                await raging.rest()
                await asyncio.gather(*producers)
                await raging.rest()
                codes = await crew.drain()
            finally:
                for task in (*producers, *reapers):
                    task.cancel()
                await asyncio.gather(*producers, *reapers, return_exceptions=True)
                crew.end()
            assert codes == [0] * workers
            return await raging.check(*happened)
    finally:
        sandbox.stop()
