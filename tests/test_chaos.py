"""Everything that may go wrong, at any moment and at once, to real worker processes: no job lost, no result wrong.

Every day a short storm; `pytest -m chaos tests/test_chaos.py` for long ones.
"""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from redis.exceptions import RedisError

from helpers import eventually_async
from jobqueue import Queue, QueueFullError, Reject, RetryLater, Worker
from jobqueue.keys import GROUP, TIERS
from jobqueue.lab.proxy import REPLIES, REQUESTS, Proxy
from jobqueue.reaper import Reaper
from jobqueue.sandbox import Sandbox
from jobqueue.scripts import SCRIPTS
from steps import pending, started
from test_kill9 import Crew
from test_worker import Hasty, settled, working
from worker_process import compute_digest

CAPACITY = {"high": 30, "normal": (20, 40), "low": 50}


@pytest.fixture
async def proxy(redis_url):
    async with Proxy(redis_url) as proxy:
        yield proxy


# The proxy itself.


async def test_a_proxy_passes_everything_on_until_it_is_told_otherwise(queue, proxy):
    async with Queue(proxy.url) as through:
        payload = "x" * 200_000
        job_id = await through.enqueue("task", payload)
        ((_, fields),) = await through.redis.xrange(queue.keys.stream("normal"))
        assert payload.encode() in fields[b"body"]
        began = time.monotonic()
        proxy.delay = 0.1
        assert await through.job(job_id)
        assert time.monotonic() - began >= 0.2
        proxy.delay, proxy.rate = 0.0, 1_000_000
        began = time.monotonic()
        await through.redis.xrange(queue.keys.stream("normal"))
        assert time.monotonic() - began >= 0.2
        proxy.rate = None
        proxy.cut()
        with pytest.raises(RedisError):
            await through.redis.ping()
        assert proxy.cuts == 1
        proxy.down = True
        with pytest.raises(RedisError):
            await through.redis.ping()
        proxy.down = False
        assert await through.redis.ping()


async def test_a_lost_reply_is_of_a_command_that_was_done_and_a_swallowed_request_of_one_that_was_not(queue, proxy):
    async with Queue(proxy.url) as through:
        proxy.lose_reply(to=b"mine")
        assert await through.enqueue("task", job_id="another's") == "another's"
        with pytest.raises(RedisError):
            await through.enqueue("task", job_id="mine")
        assert (proxy.lost, (await queue.job("mine")).state) == (1, "waiting")
        assert await through.enqueue("task", job_id="mine") == "mine"  # as a producer should: ask again
        proxy.swallows = {REQUESTS}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await through.enqueue("task", job_id="swallowed")
        proxy.swallows = set()
    assert await queue.job("swallowed") is None
    assert (await queue.snapshot()).accepted == 2


# The reply to any command may be lost.


async def behave(job):
    """As its payload says; returns which attempt it is."""
    if job.payload == "once" and job.attempt == 1:
        raise ValueError("not yet")
    if job.payload == "later" and job.attempt == 1:
        raise RetryLater(0.05)
    if job.payload == "never":
        raise Reject("never")
    await asyncio.sleep(0.7 if job.payload == "long" else 0.002)
    return job.attempt


LOSABLE = ["complete retry bury", "XREADGROUP release", "heads heartbeat reap", "promote forget"]


@pytest.mark.parametrize("commands", LOSABLE)
async def test_a_lost_reply_to_any_command_costs_no_job_and_no_attempt(queue, proxy, commands):
    """Each is lost twice; the last reply of a worker's life only once."""
    shas = {name: script.sha for name, script in queue.transitions._registered.items()}
    for script in SCRIPTS.values():
        await queue.redis.script_load(script.text)
    await queue.set_lease(0.6)
    orphans = [await started(queue, "gone", "low") for _ in range(3)]
    kinds = ["fine", "once", "later", "never", "fine", "long"] * 4
    jobs = [(await queue.enqueue("task", kind, priority=TIERS[n % 3]), kind) for n, kind in enumerate(kinds)]
    for command in commands.split() * 2:
        proxy.lose_reply(to=shas.get(command, command).encode())
    async with Queue(proxy.url) as through:
        worker = Worker(through, {"task": behave}, concurrency=8, rng=Hasty(), grace=2)
        async with working(worker):
            await eventually_async(lambda: settled(queue), timeout=20)
    expected = {"fine": 1, "long": 1, "once": 2, "later": 2, "never": None}
    ends = {job_id: await queue.job(job_id) for job_id, _ in jobs}
    assert {job_id: end.result for job_id, end in ends.items()} == {job_id: expected[kind] for job_id, kind in jobs}
    assert [(await queue.job(job.id)).result for job in orphans] == [2, 2, 2]
    letters = await queue.dead.list()
    assert {letter.job_id for letter in letters} == {job_id for job_id, kind in jobs if kind == "never"}
    assert [len(letter.history) for letter in letters] == [1] * 4
    now = await queue.snapshot()
    assert (now.accepted, now.done, now.dead, now.retried, now.reaped) == (27, 23, 4, 8, 3)
    assert proxy.lost >= 2 * len(commands.split()) - ("forget" in commands)


async def test_who_gets_no_answer_at_all_takes_the_connection_for_dead(queue, proxy, monkeypatch):
    """As when a firewall forgets a connection: nothing is cut, and nothing arrives."""
    monkeypatch.setattr("jobqueue.connect.REPLY_SECONDS", 0.8)
    monkeypatch.setattr("jobqueue.worker.BLOCK_SECONDS", 0.2)
    ids = [await queue.enqueue("task", "fine") for _ in range(400)]
    async with Queue(proxy.url) as through, working(Worker(through, {"task": behave}, concurrency=4, grace=5)):
        for way in (REPLIES, REQUESTS):
            before = (await queue.snapshot()).done
            await eventually_async(lambda before=before: more_done(queue, before + 30))
            proxy.swallows = {way}
            await asyncio.sleep(0.3)
            proxy.swallows = set()
        await eventually_async(lambda: settled(queue), timeout=20)
    assert Counter([(await queue.job(job_id)).result for job_id in ids]) == {1: 400}
    assert (await queue.snapshot()).done == 400


async def more_done(queue, count):
    return (await queue.snapshot()).done >= count


# Draining real processes under load.


async def test_a_rolling_restart_under_load_costs_no_job_and_no_attempt(queue):
    ids, over = [], asyncio.Event()

    async def produce():
        while not over.is_set():
            ids.append(await queue.enqueue("digest", len(ids), priority=TIERS[len(ids) % 3]))
            await asyncio.sleep(0.003)

    crew = Crew(queue, 2)
    producing = asyncio.create_task(produce())
    try:
        for turn in range(4):
            before = (await queue.snapshot()).done
            await eventually_async(lambda before=before: more_done(queue, before + 15), timeout=20)
            old = crew.workers[turn % 2]
            crew.workers[turn % 2] = crew.hire()
            old.terminate()
            assert await asyncio.to_thread(old.wait, 20) == 0
        over.set()
        await producing
        await eventually_async(lambda: settled(queue), timeout=30)
        assert await crew.drain() == [0, 0]
    finally:
        over.set()
        crew.end()
    ends = [await queue.job(job_id) for job_id in ids]
    assert {(end.state, end.attempt) for end in ends} == {("done", 1)}
    assert [end.result for end in ends] == [compute_digest(number) for number in range(len(ids))]
    assert len({end.worker for end in ends}) >= 5


# The storm.


class Storm:
    """A queue on a server that is killed, behind a proxy that spoils, with workers that are killed and frozen.

    `self.queue` stands behind no proxy: it looks on. Each method that is a fault is one of `FAULTS`.
    """

    def __init__(self, seed, sandbox, proxy, queue, crew):
        self.rng = random.Random(seed)
        self.sandbox, self.proxy, self.queue, self.crew = sandbox, proxy, queue, crew
        self.numbers: dict[str, int] = {}
        self.over = asyncio.Event()
        self.needles = [queue.transitions._registered[name].sha.encode() for name in ("complete", "heartbeat")]
        self.needles += [b"XREADGROUP"]
        self.refused = 0

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
        """Two reapers more, which race with those of the workers."""
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

    async def rage(self, faults):
        """So many faults, each kind as often as any other; between any two the work goes on for a while."""
        kinds = [self.FAULTS[n % len(self.FAULTS)] for n in range(faults)]
        self.rng.shuffle(kinds)
        for fault in kinds:
            await fault(self)
            before = await eventually_async(lambda: self.calm(self.queue.snapshot))
            await eventually_async(lambda before=before: self.calm(lambda: more_done(self.queue, before.done + 5)))

    async def rest(self):
        """Until everything that was accepted is done."""
        self.over.set()
        await eventually_async(lambda: self.calm(lambda: settled(self.queue)), timeout=60)
        await eventually_async(lambda: self.calm(self.all_are_there), timeout=20)

    async def all_are_there(self):
        """Has each process come so far that it would drain?"""
        consumers = await self.queue.redis.xinfo_consumers(self.queue.keys.stream("low"), GROUP)
        pids = {info["name"].decode().split("-")[-2] for info in consumers}
        return {str(worker.pid) for worker in self.crew.workers} <= pids

    async def check(self):
        now = await self.queue.snapshot()
        assert (now.accepted, now.done, now.dead, now.unsettled) == (len(self.numbers), len(self.numbers), 0, 0)
        ends = {job_id: await self.queue.job(job_id) for job_id in self.numbers}
        assert Counter(end.state for end in ends.values()) == {"done": len(self.numbers)}
        wrong = {i: n for i, n in self.numbers.items() if ends[i].result != compute_digest(n)}
        assert wrong == {}
        assert [await pending(self.queue, tier) for tier in TIERS] == [{}, {}, {}]
        await self._never_over_capacity()
        # Had none of this happened, it would have proved nothing.
        assert now.reaped > 0
        assert self.refused > 0
        assert self.proxy.cuts > 0
        assert self.proxy.lost > 0

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


async def storm(seed, faults, workers=3):
    sandbox = Sandbox(persistent=True)
    try:
        async with Proxy(sandbox.start()) as proxy, Queue(sandbox.url) as queue:
            await queue.set_lease(0.5)
            await queue.record_events()
            crew = Crew(SimpleNamespace(url=proxy.url), workers)
            raging = Storm(seed, sandbox, proxy, queue, crew)
            try:
                producers = [asyncio.create_task(raging.produce(who)) for who in "pqr"]
                reapers = [asyncio.create_task(raging.reap()) for _ in range(2)]
                await raging.rage(faults)
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
            await raging.check()
    finally:
        sandbox.stop()


async def test_no_job_is_lost_and_no_result_wrong_in_a_storm_of_every_fault():
    await storm(seed=1, faults=len(Storm.FAULTS))


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(10, 14))
async def test_no_job_is_lost_and_no_result_wrong_in_a_long_storm(seed):
    await storm(seed=seed, faults=80)
