"""Everything that may go wrong, at any moment and at once, to real worker processes: no job lost, no result wrong.

Every day a short storm; `pytest -m chaos tests/core/storms/test_chaos.py` for long ones.
"""

import asyncio
import tempfile
import time
from collections import Counter

import pytest
from crew import Crew
from redis.exceptions import RedisError
from storm import Storm, more_done, storm

from helpers import eventually_async
from jobqueue import Queue, Reject, RetryLater, Worker
from jobqueue.keys import TIERS
from jobqueue.lab.fleet.proxy import REPLIES, REQUESTS, Proxy
from jobqueue.scripts import SCRIPTS
from steps import started
from worker_process import compute_digest
from workers import Hasty, settled, working


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
        assert proxy.cuts == 2  # the line, and the connection of XRANGE
        proxy.down = True
        with pytest.raises(RedisError):
            await through.redis.ping()
        proxy.down = False
        assert await through.redis.ping()


@pytest.fixture
async def sink():
    """A server that only keeps what it is sent: (its proxy, the bytes)."""
    kept = bytearray()

    async def keep(reader, writer):
        while data := await reader.read(65536):
            kept.extend(data)
        writer.close()

    with tempfile.TemporaryDirectory(prefix="jqs-") as folder:
        async with await asyncio.start_unix_server(keep, f"{folder}/s.sock"), Proxy(f"unix://{folder}/s.sock") as proxy:
            yield proxy, kept


async def test_a_delay_does_not_throttle_what_was_sent_is_under_way_all_at_once(sink):
    proxy, kept = sink
    proxy.delay = 60.0
    _, writer = await asyncio.open_unix_connection(proxy.path)
    for number in range(1, 51):
        writer.write(b"%d " % number)
        await eventually_async(lambda number=number: proxy.under_way == number)
    assert not kept
    proxy.cut()  # and what is under way does not hold up the end
    await eventually_async(lambda: proxy.under_way == 0)
    writer.close()


async def test_what_is_delayed_arrives_in_order_and_not_before_its_time(sink):
    proxy, kept = sink
    _, writer = await asyncio.open_unix_connection(proxy.path)
    proxy.delay, began = 0.3, time.monotonic()
    writer.write(b"first ")
    await eventually_async(lambda: proxy.under_way or kept)
    proxy.delay = 0.0  # and yet the second must not overtake the first
    writer.write(b"second")
    await eventually_async(lambda: bytes(kept) == b"first second")
    assert time.monotonic() - began >= 0.3
    writer.close()


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
    await asyncio.sleep(1.7 if job.payload == "long" else 0.002)
    return job.attempt


LOSABLE = ["complete retry bury", "XREADGROUP release", "heads heartbeat reap", "promote forget"]


# F42, F68
@pytest.mark.sampled(4)
@pytest.mark.parametrize("commands", LOSABLE)
async def test_a_lost_reply_to_any_command_costs_no_job_and_no_attempt(queue, proxy, commands):
    """Each is lost twice; the last reply of a worker's life only once."""
    for script in SCRIPTS.values():
        await queue.redis.script_load(script.text)
    await queue.set_lease(1.5)  # long enough to beat in, twice in vain, on a busy machine
    orphans = [await started(queue, "gone", "low") for _ in range(3)]
    kinds = ["fine", "once", "later", "never", "fine", "long"] * 4
    jobs = [(await queue.enqueue("task", kind, priority=TIERS[n % 3]), kind) for n, kind in enumerate(kinds)]
    for command in commands.split() * 2:
        proxy.lose_reply(to=queue.transitions.hashes.get(command, command).encode())
    async with Queue(proxy.url) as through:
        worker = Worker(through, {"task": behave}, concurrency=8, rng=Hasty(), grace=2)
        async with working(worker):
            await eventually_async(lambda: settled(queue))
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


@pytest.mark.slow
async def test_who_gets_no_answer_at_all_takes_the_connection_for_dead(queue, proxy, monkeypatch):
    """As when a firewall forgets a connection: nothing is cut, and nothing arrives."""
    monkeypatch.setattr("jobqueue.server.connect.REPLY_SECONDS", 0.8)
    monkeypatch.setattr("jobqueue.worker.BLOCK_SECONDS", 0.2)
    ids = [await queue.enqueue("task", "fine") for _ in range(400)]
    async with Queue(proxy.url) as through, working(Worker(through, {"task": behave}, concurrency=4, grace=5)):
        for way in (REPLIES, REQUESTS):
            before = (await queue.snapshot()).done
            await eventually_async(lambda before=before: more_done(queue, before + 30))
            proxy.swallows = {way}
            await asyncio.sleep(0.3)
            proxy.swallows = set()
        await eventually_async(lambda: settled(queue))
    assert Counter([(await queue.job(job_id)).result for job_id in ids]) == {1: 400}
    assert (await queue.snapshot()).done == 400


# Draining real processes under load.


# F67
@pytest.mark.slow
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
            await eventually_async(lambda before=before: more_done(queue, before + 15))
            old = crew.workers[turn % 2]
            crew.workers[turn % 2] = crew.hire()
            old.terminate()
            assert await asyncio.to_thread(old.wait, 60) == 0
        over.set()
        await producing
        await eventually_async(lambda: settled(queue))
        assert await crew.drain() == [0, 0]
    finally:
        over.set()
        crew.end()
    ends = [await queue.job(job_id) for job_id in ids]
    assert {(end.state, end.attempt) for end in ends} == {("done", 1)}
    assert [end.result for end in ends] == [compute_digest(number) for number in range(len(ids))]
    assert len({end.worker for end in ends}) >= 5


# The storm of all faults at once; storms of one kind are in test_storms.py.


@pytest.mark.slow
async def test_no_job_is_lost_and_no_result_wrong_in_a_storm_of_every_fault():
    await storm(seed=1, faults=len(Storm.FAULTS))


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(10, 14))
async def test_no_job_is_lost_and_no_result_wrong_in_a_long_storm(seed):
    await storm(seed=seed, faults=80)
