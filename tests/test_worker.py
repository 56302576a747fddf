"""The worker, on a real server: what it runs, how it fails, how it stops, and what it outlives."""

import asyncio
import contextlib
import itertools
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from helpers import eventually_async
from jobqueue import BadSetting, Queue, Worker
from jobqueue.connect import connect
from jobqueue.keys import GROUP, TIERS
from jobqueue.leash import Leashed
from jobqueue.sandbox import Sandbox
from steps import add_raw, dead_letters, idle_seconds, pending, silence, started, take, tickets

HERE = Path(__file__).parent


class Hasty(random.Random):
    """Draws the least of every range: no backoff, no jitter."""

    def uniform(self, least, most):
        return least


async def double(job):
    return job.payload * 2


async def hang(job):
    await asyncio.Event().wait()


def hire(queue, handler=double, **options):
    """A worker of the task named task, with options of its own."""
    handlers = handler if isinstance(handler, dict) else {"task": handler}
    return Worker(queue, handlers, **{"rng": Hasty(), "grace": 0.0} | options)


@contextlib.asynccontextmanager
async def working(*workers):
    """Let `workers` run meanwhile; they drain at the end."""
    running = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield running
    finally:
        for worker in workers:
            worker.drain()
        async with asyncio.timeout(15):
            await asyncio.gather(*running)


@pytest.fixture
async def brisk(queue):
    """Delayed jobs become waiting at once when they are due, and not within a second."""

    async def promote():
        while True:
            with contextlib.suppress(RedisError):
                await queue.transitions.promote()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(promote())
    yield
    task.cancel()


async def enqueue_many(queue, count, **options):
    return [await queue.enqueue("task", number, **options) for number in range(count)]


async def settled(queue):
    return not (await queue.snapshot()).unsettled


async def results(queue, job_ids):
    return [(await queue.job(job_id)).result for job_id in job_ids]


# Running.


async def test_async_handlers_share_the_loop_and_plain_ones_get_threads(queue):
    async def where_async(job):
        return threading.current_thread() is threading.main_thread()

    def where_plain(job):
        return threading.current_thread() is threading.main_thread()

    ids = [await queue.enqueue("a"), await queue.enqueue("p")]
    await hire(queue, {"a": where_async, "p": where_plain}).run_until_idle()
    assert await results(queue, ids) == [True, False]


async def test_a_handler_is_given_its_job_and_its_result_is_kept(queue):
    seen = []

    async def handle(job):
        seen.append(job)
        return {"n": [job.payload]}

    await queue.enqueue("task", 7, priority="low", job_id="j", max_attempts=5, timeout=9)
    await hire(queue, handle, name="ada").run_until_idle()
    (job,) = seen
    assert (job.id, job.task, job.payload, job.priority, job.attempt, job.max_attempts, job.timeout) == (
        "j", "task", 7, "low", 1, 5, 9,
    )  # fmt: skip
    status = await queue.job("j")
    assert (status.state, status.result, status.worker, status.attempt) == ("done", {"n": [7]}, "ada", 1)


async def test_never_more_run_or_are_held_than_the_concurrency(queue):
    running, most_running, most_pending = 0, 0, 0

    async def handle(job):
        nonlocal running, most_running, most_pending
        running += 1
        most_running = max(most_running, running)
        most_pending = max(most_pending, (await queue.snapshot()).total("pending"))
        running -= 1

    await enqueue_many(queue, 200)
    await hire(queue, handle, concurrency=4).run_until_idle()
    assert most_running == 4 >= most_pending
    assert (await queue.snapshot()).done == 200
    assert (await queue.redis.xinfo_stream(queue.keys.stream("normal")))["entries-added"] == 200  # none handed back


async def test_plain_handlers_run_as_many_at_once_as_the_concurrency_says(queue):
    together = threading.Barrier(100)
    ids = await enqueue_many(queue, 100, max_attempts=1)
    await hire(queue, lambda job: together.wait(10) >= 0, concurrency=100).run_until_idle()
    assert set(await results(queue, ids)) == {True}


async def test_what_a_blocked_read_brings_too_much_is_handed_back_unused(queue):
    """One XREADGROUP over three streams brings an entry of each, if they come in the same instant."""
    attempts = Counter()

    async def handle(job):
        assert (await queue.snapshot()).total("pending") == 1
        attempts[job.id, job.attempt] += 1

    async with working(hire(queue, handle, concurrency=1)):
        for _ in range(10):
            await eventually_async(lambda: settled(queue))
            await eventually_async(lambda: blocked(queue))
            async with queue.redis.pipeline(transaction=True) as together:
                for tier in TIERS:
                    together.xadd(queue.keys.stream(tier), ticket())
                await together.execute()
        await eventually_async(lambda: len(attempts) == 30)
    assert set(attempts.values()) == {1}
    assert {attempt for _, attempt in attempts} == {1}


NUMBERS = itertools.count()


def ticket():
    body = b'{"task":"task","payload":1,"timeout":60,"enqueued_at":0}'
    return {"id": f"j{next(NUMBERS)}", "attempt": 1, "max_attempts": 1, "reaped": 0, "released": 0, "body": body}


async def test_of_several_jobs_that_come_at_once_a_blocked_read_takes_one(queue):
    async with working(hire(queue, concurrency=1)):
        await eventually_async(lambda: blocked(queue))
        async with queue.redis.pipeline(transaction=True) as together:
            for _ in range(5):
                together.xadd(queue.keys.stream("normal"), ticket())
            await together.execute()
        await eventually_async(lambda: done_many(queue, 5))
    assert (await queue.redis.xinfo_stream(queue.keys.stream("normal")))["entries-added"] == 5  # none handed back


async def blocked(queue):
    return any(client["cmd"] == "xreadgroup" and "b" in client["flags"] for client in await queue.redis.client_list())


async def test_two_workers_share_the_work_and_run_nothing_twice(queue):
    ran = Counter()

    async def handle(job):
        ran[job.id] += 1
        await asyncio.sleep(0.001)

    ids = await enqueue_many(queue, 100)
    one, two = (hire(queue, handle, name=name, concurrency=2) for name in ("one", "two"))
    async with working(one, two):
        await eventually_async(lambda: settled(queue))
    assert ran == dict.fromkeys(ids, 1)
    assert {(await queue.job(job_id)).worker for job_id in ids} == {"one", "two"}


async def test_running_until_idle_waits_for_what_others_hold_and_what_is_delayed(queue, brisk):
    theirs, later = await started(queue, "other"), await started(queue, "other")
    worker = asyncio.create_task(hire(queue, lambda job: 1).run_until_idle())
    await queue.transitions.retry("other", later, 300, "it broke")
    await eventually_async(lambda: done(queue, later))
    assert not worker.done()
    await queue.transitions.complete("other", [(theirs, b"1")], 60_000)
    async with asyncio.timeout(5):
        await worker


async def done(queue, job):
    return (await queue.job(job.id)).state == "done"


async def test_a_worker_may_run_again(queue):
    worker = hire(queue)
    for _ in range(2):
        job_id = await queue.enqueue("task", 4)
        await worker.run_until_idle()
        assert (await queue.job(job_id)).result == 8


async def test_a_worker_drained_before_it_runs_does_nothing(queue):
    await queue.enqueue("task", 4)
    worker = hire(queue)
    worker.drain()
    async with asyncio.timeout(1):
        await worker.run()
    assert (await queue.snapshot()).total("waiting") == 1


@pytest.mark.parametrize("concurrency", [0, -1, 1001])
async def test_a_concurrency_out_of_range_is_refused(queue, concurrency):
    with pytest.raises(BadSetting, match="concurrency must be from 1 to 1000"):
        Worker(queue, {}, concurrency=concurrency)


# Priority.


async def order_of_tiers(queue, policy, tiers=("low", "normal", "high", "low", "high")):
    order = []

    async def handle(job):
        order.append(job.priority)

    for tier in tiers:
        await queue.enqueue("task", priority=tier)
    await hire(queue, handle, concurrency=1, **({"policy": policy} if policy else {})).run_until_idle()
    return order


STRICT = ["high", "high", "normal", "low", "low"]


async def test_by_default_priority_is_strict(queue):
    assert await order_of_tiers(queue, None) == STRICT


async def test_a_policy_picks_from_the_tiers_that_have_work_and_their_ages(queue):
    seen = []

    def lowest(heads):
        seen.append(dict(heads))
        return list(heads)[-1]

    assert await order_of_tiers(queue, lowest) == STRICT[::-1]
    assert seen[0].keys() == set(TIERS)
    assert all(0 <= age < 10 for age in seen[0].values())


def fail(heads):
    raise RuntimeError("a bug in a policy")


def take_away(heads):
    heads.clear()
    return "low"


@pytest.mark.parametrize(
    "policy", [fail, lambda heads: "urgent", lambda heads: None, lambda heads: ["high"], take_away]
)
async def test_a_policy_that_fails_or_picks_nonsense_does_not_stop_the_worker(queue, policy, caplog):
    order = await order_of_tiers(queue, policy)
    assert order == STRICT if policy is not take_away else len(order) == 5
    assert "strict priority from now on" in caplog.text or policy is take_away


# Failing.


async def test_a_job_that_keeps_failing_is_dead_with_its_traceback_after_its_attempts(queue, brisk):
    attempts = []

    async def stumble(job):
        attempts.append(job.attempt)
        raise ValueError(f"attempt {job.attempt} broke")

    job_id = await queue.enqueue("task", max_attempts=3)
    await hire(queue, stumble, name="ada").run_until_idle()
    assert attempts == [1, 2, 3]
    (letter,) = await dead_letters(queue)
    assert (letter[b"reason"], letter[b"error"]) == (b"failed", b"ValueError: attempt 3 broke")
    assert (letter[b"id"], letter[b"worker"]) == (job_id.encode(), b"ada")
    assert b"in stumble" in letter[b"traceback"]
    now = await queue.snapshot()
    assert (now.dead, now.retried, now.unsettled) == (1, 2, 0)


async def test_a_job_that_fails_and_then_succeeds_is_done(queue, brisk):
    async def second_time(job):
        if job.attempt == 1:
            raise ValueError("not yet")
        return job.attempt

    job_id = await queue.enqueue("task")
    await hire(queue, second_time).run_until_idle()
    status = await queue.job(job_id)
    assert (status.state, status.result, status.attempt, status.error) == ("done", 2, 2, "ValueError: not yet")


class Odd(BaseException):
    pass


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("not even this works")


def raiser(error):
    async def handle(job):
        raise error

    return handle


def plain_raiser(error):
    def handle(job):
        raise error

    return handle


BAD_HANDLERS = {
    "raises": (raiser(KeyError("k")), "KeyError: 'k'"),
    "exits": (raiser(SystemExit(3)), "SystemExit: 3"),
    "exits in a thread": (plain_raiser(SystemExit(3)), "SystemExit: 3"),
    "raises what is no Exception": (raiser(Odd("!")), "Odd: !"),
    "raises what is no Exception in a thread": (plain_raiser(Odd("!")), "Odd: !"),
    "cancels itself": (raiser(asyncio.CancelledError()), "CancelledError: "),
    "times out by itself": (raiser(TimeoutError("theirs")), "TimeoutError: theirs"),
    "raises a group": (raiser(BaseExceptionGroup("both", [Odd(), ValueError()])), "BaseExceptionGroup: both (2 sub"),
    "names a file that is not UTF-8": (raiser(OSError("caf\udce9")), "OSError: caf\\udce9"),
    "raises what cannot be printed": (raiser(Mute()), "Mute, which cannot be printed"),
    "raises much": (raiser(ValueError("x" * 10_000)), "ValueError: xxx"),
    "returns what is no JSON": (lambda job: object(), "TypeError: Encoding objects of type object is unsupported"),
    "returns text that cannot be sent": (lambda job: "\udce9", "UnicodeEncodeError: "),
    "returns too much": (lambda job: "x" * 300_000, "ValueError: the result is 300,002 bytes, the limit is 262,144"),
    "takes other arguments": (lambda: None, "TypeError: "),
}


@pytest.mark.parametrize(("handler", "error"), BAD_HANDLERS.values(), ids=BAD_HANDLERS)
async def test_whatever_a_handler_does_is_a_failure_of_its_job_alone(queue, handler, error):
    bad = await queue.enqueue("bad", max_attempts=1)
    good = await queue.enqueue("good", 3)
    worker = hire(queue, {"bad": handler, "good": double}, concurrency=1)
    async with asyncio.timeout(5):
        await worker.run_until_idle()
    status = await queue.job(bad)
    assert (status.state, status.reason) == ("dead", "failed")
    assert status.error.startswith(error)
    assert len(status.error) <= 1000
    assert await results(queue, [good]) == [6]


async def test_a_handler_that_hangs_times_out_and_is_tried_again(queue, brisk):
    job_id = await queue.enqueue("task", max_attempts=2, timeout=0.1)
    await hire(queue, hang).run_until_idle()
    status = await queue.job(job_id)
    assert (status.state, status.reason, status.error) == ("dead", "timed out", "no answer within 0.1 s")
    assert (await queue.snapshot()).retried == 1


async def test_threads_that_hang_do_not_keep_others_from_starting(queue):
    """Nothing can stop a thread: its job times out, but it stays. A hundred of them, more than any pool has."""
    release = threading.Event()
    for _ in range(100):
        await queue.enqueue("hang", max_attempts=1, timeout=0.1)
    good = await queue.enqueue("good", priority="low", max_attempts=1, timeout=2)
    try:
        await hire(queue, {"hang": lambda job: release.wait(), "good": lambda job: 1}, concurrency=50).run_until_idle()
        assert (await queue.snapshot()).dead == 100
        assert await results(queue, [good]) == [1]
    finally:
        release.set()


async def test_unknown_tasks_and_malformed_entries_are_buried_and_their_neighbours_run(queue):
    async def good():
        return await queue.enqueue("task", 1)

    ids = [await good()]
    await queue.enqueue("no such task", job_id="unknown")
    ids.append(await good())
    raw = [{b"\xff": b"\x00"}, {"id": "x"}, ticket() | {"body": "no json"}, ticket() | {"attempt": "many"}]
    for fields in raw:
        await add_raw(queue, fields)
        ids.append(await good())
    async with working(hire(queue)):
        await eventually_async(lambda: settled(queue))
    assert await results(queue, ids) == [2] * len(ids)
    reasons = Counter(letter[b"reason"].decode() for letter in await dead_letters(queue))
    assert reasons == {"unknown task": 1, "malformed": len(raw)}
    assert (await queue.job("unknown")).error == "no handler named 'no such task' here, only task"


async def test_what_was_deleted_from_the_stream_after_delivery_is_buried(queue):
    """Such a row reaches a worker only in the batch that delivers it; here, through the reaper."""
    job = await started(queue, "gone")
    await silence(queue, job)
    await queue.redis.xdel(queue.keys.stream("normal"), job.entry)
    await queue.set_lease(0.5)
    async with working(hire(queue)):
        await eventually_async(lambda: dead_letters(queue))
    assert await pending(queue) == {}


# The lease.


class Witness:
    """A handler that says when it began, and how it ended; `hold` lets it go on."""

    def __init__(self):
        self.began, self.hold, self.ended = asyncio.Event(), asyncio.Event(), None

    async def __call__(self, job):
        self.began.set()
        try:
            await self.hold.wait()
            self.ended = "returned"
            return job.attempt
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


def with_witness(queue, **options):
    witness = Witness()

    async def handle(job):
        return await witness(job)

    return witness, hire(queue, handle, **options)


async def take_away_and_finish(queue):
    """Reap what runs, and let another worker finish it."""
    (job,) = await tickets(queue)
    await silence(queue, job)
    assert await queue.transitions.reap("normal", job.entry, 1000) == 1
    (again,) = await take(queue, "other")
    await queue.transitions.complete("other", [(again, b'"the other\'s"')], 60_000)


async def test_a_handler_whose_lease_is_lost_is_cancelled_and_its_outcome_discarded(queue):
    await queue.set_lease(0.5)
    job_id = await queue.enqueue("task")
    witness, worker = with_witness(queue, reap=False)
    async with working(worker):
        await witness.began.wait()
        await take_away_and_finish(queue)
        await eventually_async(lambda: witness.ended)
        assert witness.ended == "cancelled"
    status = await queue.job(job_id)
    assert (status.result, status.worker) == ("the other's", "other")
    assert (await queue.snapshot()).done == 1


async def test_a_result_that_comes_after_the_lease_was_lost_is_discarded(queue):
    job_id = await queue.enqueue("task")
    witness, worker = with_witness(queue)
    async with working(worker):
        await witness.began.wait()
        await take_away_and_finish(queue)
        witness.hold.set()
        await eventually_async(lambda: witness.ended == "returned" and not worker._runner.held)
    assert await results(queue, [job_id]) == ["the other's"]
    assert (await queue.snapshot()).done == 1


async def test_a_failure_that_comes_after_the_lease_was_lost_is_discarded(queue):
    began, go_on = asyncio.Event(), asyncio.Event()

    async def stumble(job):
        began.set()
        await go_on.wait()
        raise ValueError("too late to matter")

    job_id = await queue.enqueue("task", max_attempts=2)
    worker = hire(queue, stumble)
    async with working(worker):
        await began.wait()
        await take_away_and_finish(queue)
        go_on.set()
        await eventually_async(lambda: not worker._runner.held)
    status = await queue.job(job_id)
    assert (status.state, status.result, status.error) == ("done", "the other's", None)


def compute(seconds):
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number = (number * 31 + 7) % 1_000_003
    return number


async def test_a_handler_that_computes_for_three_leases_keeps_its_lease(queue):
    """It blocks the loop of its worker, and the worker's own reaper looks all the time."""

    async def busy(job):
        compute(1.5)
        return job.attempt

    await queue.set_lease(0.5)
    job_id = await queue.enqueue("task")
    await hire(queue, busy).run_until_idle()
    assert await results(queue, [job_id]) == [1]
    assert (await queue.snapshot()).reaped == 0


async def test_a_handler_that_blocks_beyond_its_timeout_loses_its_lease(queue):
    """Its timeout cannot fire while it blocks the loop, so the heartbeat stops instead."""

    async def block_once(job):
        if job.attempt == 1:
            compute(1.6)
        return job.attempt

    await queue.set_lease(0.5)
    job_id = await queue.enqueue("task", timeout=0.2)
    await hire(queue, block_once).run_until_idle()
    assert await results(queue, [job_id]) == [2]
    assert (await queue.snapshot()).reaped == 1


async def test_the_orphans_of_a_silent_worker_are_run_by_another(queue):
    await queue.set_lease(0.5)
    for tier in TIERS:
        await started(queue, "gone", tier)
    await hire(queue, lambda job: job.attempt).run_until_idle()
    now = await queue.snapshot()
    assert (now.done, now.reaped) == (3, 3)


async def test_a_worker_does_not_hand_back_for_nothing_what_may_have_killed_its_namesake(queue):
    """A worker that is started again under its old name, by a supervisor, must not run a killer for ever."""
    await queue.set_lease(0.5)
    job = await started(queue, "ada", max_attempts=2)
    worker = hire(queue, lambda job: [job.attempt, job.reaped], name="ada", reap=False)
    async with working(worker):
        other = await queue.enqueue("task")
        await eventually_async(lambda: done_id(queue, other))
        assert await pending(queue) == {job.entry: "ada"}
    assert await pending(queue) == {job.entry: "ada"}
    await hire(queue, lambda job: [job.attempt, job.reaped], name="ada").run_until_idle()
    assert await results(queue, [job.id, other]) == [[2, True], [1, False]]


async def done_id(queue, job_id):
    return (await queue.job(job_id)).state == "done"


async def test_when_the_heartbeat_dies_the_worker_says_so_and_drains_and_raises(redis_url, caplog):
    def connect_but_not_for_a_keeper(url):
        if threading.current_thread() is not threading.main_thread():
            raise OSError("too many open files")
        return connect(url)

    async with Queue(redis_url, connect=connect_but_not_for_a_keeper) as queue:
        job_id = await queue.enqueue("task")
        witness, worker = with_witness(queue, grace=5)
        running = asyncio.create_task(worker.run())
        await eventually_async(lambda: "the heartbeat of" in caplog.text)
        witness.hold.set()
        with pytest.raises(OSError, match="too many open files"):
            await running
        assert (await queue.job(job_id)).state in ("done", "queued", "waiting")  # done, or never fetched


async def test_two_tiers_may_use_one_entry_id_at_the_same_time(queue):
    """As they do when jobs are added to both in the same millisecond."""
    await queue.set_lease(0.5)
    running, hold, tickets = [], asyncio.Event(), {tier: ticket() for tier in TIERS}

    async def handle(job):
        running.append(job)
        await hold.wait()
        return job.priority

    async with working(hire(queue, handle, grace=5, reap=False)):
        for tier in TIERS:
            await queue.redis.xadd(queue.keys.stream(tier), tickets[tier], id="9999999999999-0")
        await eventually_async(lambda: len(running) == 3)
        for job in running:  # a heartbeat renews each of the three leases
            await silence(queue, job)
            await eventually_async(lambda job=job: spoken_for(queue, job))
        hold.set()
    assert [(await queue.job(tickets[tier]["id"])).result for tier in TIERS] == list(TIERS)


async def spoken_for(queue, job):
    return await idle_seconds(queue, job) < 60


# Quarantine.


async def test_two_jobs_that_may_have_killed_a_worker_never_run_side_by_side(queue, brisk):
    suspects, most_suspects, most = 0, 0, 0

    async def handle(job):
        nonlocal suspects, most_suspects, most
        suspects += job.reaped
        most_suspects = max(most_suspects, suspects)
        most = max(most, len(worker._runner.held))
        await asyncio.sleep(0.01)
        suspects -= job.reaped
        return job.attempt

    killed = [await started(queue, "gone") for _ in range(6)]
    for job in killed:
        await silence(queue, job)
        await queue.transitions.reap(job.priority, job.entry, 1000)
    fresh = await enqueue_many(queue, 30)
    worker = hire(queue, handle, concurrency=8)
    await worker.run_until_idle()
    assert (most_suspects, most) == (1, 8)
    assert await results(queue, [job.id for job in killed]) == [2] * 6
    assert await results(queue, fresh) == [1] * 30


async def test_a_killer_does_not_take_its_neighbours_along(queue):
    """Sixteen jobs, of which one kills its worker at once; real workers in real processes, hired again and again."""
    await queue.set_lease(0.5)
    for number in range(15):
        await queue.enqueue("slow", number, job_id=f"innocent{number}")
    await queue.enqueue("kill", job_id="killer")
    deaths = 0
    workers = [start_worker(queue) for _ in range(2)]
    try:
        async with asyncio.timeout(40):
            while not await settled(queue):
                for place, worker in enumerate(workers):
                    if worker.poll() is not None:
                        deaths += 1
                        workers[place] = start_worker(queue)
                await asyncio.sleep(0.02)
    finally:
        end_all(workers)
    now = await queue.snapshot()
    assert (now.done, now.dead, deaths) == (15, 1, 3)
    assert await results(queue, [f"innocent{number}" for number in range(15)]) == list(range(15))
    killer = await queue.job("killer")
    assert (killer.state, killer.reason) == ("dead", "lease ran out")


def start_worker(queue):
    return Leashed([sys.executable, str(HERE / "worker_process.py"), queue.url, "16"])


def end_all(processes):
    for process in processes:
        process.kill()
        process.wait()


# Draining.


async def test_a_drained_worker_finishes_what_it_runs_and_fetches_nothing_more(queue):
    first, second = await queue.enqueue("task", 1), await queue.enqueue("task", 2)
    witness, worker = with_witness(queue, concurrency=1, grace=10)
    async with working(worker):
        await witness.began.wait()
        worker.drain()
        asyncio.get_running_loop().call_later(0.1, witness.hold.set)
    assert [(await queue.job(job_id)).state for job_id in (first, second)] == ["done", "waiting"]
    assert await consumers(queue) == set()


async def test_what_is_delivered_while_the_worker_begins_to_drain_is_handed_back_unrun(queue):
    def drain_and_pick(heads):
        worker.drain()
        return "high"

    ids = [await queue.enqueue("task", priority=tier) for tier in ("high", "low")]
    worker = hire(queue, policy=drain_and_pick, grace=10)
    await worker.run()
    assert [(await queue.job(job_id)).state for job_id in ids] == ["waiting"] * 2
    assert (await queue.redis.xinfo_stream(queue.keys.stream("high")))["entries-added"] == 2
    assert [job.attempt for job in await tickets(queue, "high")] == [1]


async def consumers(queue):
    return {
        info["name"] for tier in TIERS for info in await queue.redis.xinfo_consumers(queue.keys.stream(tier), GROUP)
    }


async def test_at_its_deadline_a_draining_worker_hands_back_the_rest_without_using_an_attempt(queue):
    await enqueue_many(queue, 5)
    witness, worker = with_witness(queue, grace=0.1, concurrency=3)
    async with working(worker):
        await witness.began.wait()
        worker.drain()
    assert witness.ended == "cancelled"
    assert [(job.attempt, job.reaped) for job in await tickets(queue)] == [(1, False)] * 5
    assert (await queue.snapshot()).total("waiting") == 5
    released = [fields[b"released"] for _, fields in await queue.redis.xrange(queue.keys.stream("normal"))]
    assert released == [b"0"] * 2 + [b"1"] * 3  # it is counted, or a job longer than every grace would never end


async def test_jobs_in_threads_are_handed_back_although_their_threads_go_on(queue):
    release, began = threading.Event(), threading.Event()

    def stubborn(job):
        began.set()
        release.wait()

    job_id = await queue.enqueue("task")
    try:
        async with working(hire(queue, stubborn)):
            await eventually_async(began.is_set)
        assert (await queue.job(job_id)).state == "waiting"
    finally:
        release.set()


async def test_a_handler_that_ignores_its_cancellation_cannot_keep_a_worker_from_leaving(queue, monkeypatch, caplog):
    monkeypatch.setattr("jobqueue.runner.PATIENCE_SECONDS", 0.1)
    began, release = asyncio.Event(), asyncio.Event()

    async def stubborn(job):
        while not release.is_set():
            began.set()
            with contextlib.suppress(asyncio.CancelledError):
                await release.wait()

    job_id = await queue.enqueue("task")
    try:
        async with working(hire(queue, stubborn)):
            await began.wait()
        assert "left 1 attempts to the reaper" in caplog.text
        assert (await queue.job(job_id)).state == "pending"
    finally:
        release.set()


async def test_a_blocked_read_is_ended_at_once(queue):
    worker = hire(queue)
    async with working(worker):
        await eventually_async(lambda: blocked(queue))
        began = time.monotonic()
        worker.drain()
    assert time.monotonic() - began < 1


async def test_a_drain_in_any_moment_of_a_workers_start_is_over_at_once(queue):
    rng = random.Random(7)
    for _ in range(40):
        worker = hire(queue, reap=False)
        async with working(worker):
            await asyncio.sleep(rng.uniform(0, 0.004))
            began = time.monotonic()
        assert time.monotonic() - began < 1


async def test_nothing_is_lost_or_held_when_jobs_arrive_while_workers_drain(queue):
    rng, stop = random.Random(8), asyncio.Event()

    async def produce():
        while not stop.is_set():
            await queue.enqueue("task", 1, priority=rng.choice(TIERS))
            await asyncio.sleep(rng.uniform(0, 0.002))

    producer = asyncio.create_task(produce())
    for _ in range(50):
        async with working(hire(queue, reap=False, concurrency=rng.choice([1, 2, 16]), grace=1)):
            await asyncio.sleep(rng.uniform(0, 0.02))
    stop.set()
    await producer
    now = await queue.snapshot()
    assert now.done > 50
    assert (now.total("pending"), now.total("delayed"), now.dead) == (0, 0, 0)
    assert now.accepted == now.done + now.total("waiting")
    assert {job.attempt for tier in TIERS for job in await tickets(queue, tier)} <= {1}


async def test_a_worker_that_is_cancelled_hands_back_what_it_runs(queue):
    job_id = await queue.enqueue("task")
    witness, worker = with_witness(queue)
    running = asyncio.create_task(worker.run())
    await witness.began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert witness.ended == "cancelled"
    assert (await queue.job(job_id)).state == "waiting"


# Outages.


async def cut_connections(queue):
    await queue.redis.client_kill_filter(_type="normal", skipme=True)


async def test_cut_connections_cost_neither_a_worker_nor_a_job(queue):
    cuts = 0

    async def handle(job):
        await asyncio.sleep(0.005)
        return job.payload

    async with working(hire(queue, handle, concurrency=4), hire(queue, handle, concurrency=4)):
        ids = []
        for batch in range(8):
            ids += await enqueue_many(queue, 20)
            await eventually_async(lambda batch=batch: done_many(queue, batch * 20 + 1))
            await cut_connections(queue)
            cuts += 1
        await eventually_async(lambda: settled(queue))
    now = await queue.snapshot()
    assert (now.done, now.dead, now.retried, now.reaped, cuts) == (160, 0, 0, 0, 8)
    assert await results(queue, ids) == list(range(20)) * 8


async def done_many(queue, at_least):
    return (await queue.snapshot()).done >= at_least


async def test_an_idle_worker_whose_connection_is_cut_goes_on(queue):
    async with working(hire(queue)):
        for _ in range(3):
            await eventually_async(lambda: blocked(queue))
            await cut_connections(queue)
        job_id = await queue.enqueue("task", 3)
        await eventually_async(lambda: done_id(queue, job_id))


async def test_what_was_delivered_in_a_reply_that_never_came_is_handed_back_after_reconnecting(queue):
    async with working(hire(queue, lambda job: job.attempt, name="ada", reap=False)):
        await eventually_async(lambda: blocked(queue))
        ids = await deliver_unseen(queue, "ada")
        await cut_connections(queue)
        await eventually_async(lambda: settled(queue))
    assert await results(queue, ids) == [1] * 3


async def test_a_draining_worker_hands_back_what_it_never_saw(queue):
    async with working(hire(queue, name="ada", reap=False)):
        await eventually_async(lambda: blocked(queue))
        await deliver_unseen(queue, "ada")
    assert await pending(queue) == {}
    assert [job.attempt for tier in TIERS for job in await tickets(queue, tier)] == [1] * 3


async def deliver_unseen(queue, name):
    """A job of each tier, pending under `name`, which does not know."""
    ids = []
    for tier in TIERS:
        async with queue.redis.pipeline(transaction=True) as together:
            fields = ticket()
            together.xadd(queue.keys.stream(tier), fields)
            together.hset(queue.keys.job(fields["id"]), mapping={"state": "queued", "tier": tier, "entry": "0-0"})
            together.xreadgroup(GROUP, name, {queue.keys.stream(tier): ">"})
            await together.execute()
        ids.append(fields["id"])
    return ids


@pytest.mark.parametrize("how", ["flushed", "one stream deleted", "group destroyed"])
async def test_a_group_that_is_gone_is_created_again(queue, how, caplog):
    async with working(hire(queue)):
        await eventually_async(lambda: blocked(queue))
        if how == "flushed":
            await queue.redis.flushall()
        elif how == "one stream deleted":
            await queue.redis.delete(queue.keys.stream("low"))
        else:
            await queue.redis.xgroup_destroy(queue.keys.stream("low"), GROUP)
        job_id = await queue.enqueue("task", 3, priority="low")
        await eventually_async(lambda: done_id(queue, job_id))
    assert "the consumer group is gone" in caplog.text


async def test_a_flush_while_a_job_runs_costs_that_job_and_no_more(queue):
    await queue.enqueue("task")
    witness, worker = with_witness(queue)
    async with working(worker):
        await witness.began.wait()
        await queue.redis.flushall()
        witness.hold.set()
        job_id = await queue.enqueue("task")
        await eventually_async(lambda: done_id(queue, job_id))
    assert (await queue.snapshot()).done == 1


async def test_a_worker_can_start_and_work_off_a_queue_on_a_server_whose_memory_is_full(queue):
    ids = await enqueue_many(queue, 3)
    (limit,) = (await queue.redis.config_get("maxmemory")).values()
    await queue.redis.script_flush()
    await queue.redis.config_set("maxmemory", 1)
    try:
        async with Queue(queue.url) as another:
            await hire(another).run_until_idle()
    finally:
        await queue.redis.config_set("maxmemory", limit)
    assert await results(queue, ids) == [0, 2, 4]


async def test_a_server_killed_under_load_comes_back_and_every_job_is_done():
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            ids = await enqueue_many(queue, 300)

            async def handle(job):
                await asyncio.sleep(0.002)
                return job.payload

            async with working(*(hire(queue, handle, concurrency=4) for _ in range(2))):
                for at_least in (30, 100):
                    await eventually_async(lambda at_least=at_least: done_many(queue, at_least))
                    sandbox.kill()
                    await asyncio.sleep(0.3)  # an outage that lasts
                    sandbox.restart()
                await eventually_async(lambda: settled(queue))
            now = await queue.snapshot()
            assert (now.accepted, now.done, now.dead) == (300, 300, 0)
            assert await results(queue, ids) == list(range(300))
    finally:
        sandbox.stop()


async def test_a_server_that_comes_back_empty_finds_the_workers_there(sandbox, queue):
    async with working(hire(queue), hire(queue)):
        for number in range(3):
            await eventually_async(lambda: blocked(queue))
            sandbox.restart()
            job_id = await eventually_async(lambda number=number: enqueued(queue, number))
            await eventually_async(lambda job_id=job_id: done_id(queue, job_id))


async def enqueued(queue, number):
    with contextlib.suppress(RedisError):
        return await queue.enqueue("task", number, job_id=f"j{number}")


async def test_a_worker_can_be_drained_while_the_server_is_away(sandbox, queue):
    await queue.enqueue("task")
    witness, worker = with_witness(queue)
    async with working(worker):
        await witness.began.wait()
        sandbox.kill()
        witness.hold.set()
        began = time.monotonic()
    assert time.monotonic() - began < 4


async def test_what_finishes_during_an_outage_is_settled_after_it():
    sandbox = Sandbox(persistent=True)
    try:
        async with Queue(sandbox.start()) as queue:
            job_id = await queue.enqueue("task")
            witness, worker = with_witness(queue, reap=False)
            async with working(worker):
                await witness.began.wait()
                sandbox.kill()
                witness.hold.set()
                await eventually_async(lambda: witness.ended)
                sandbox.restart()
                await eventually_async(lambda: done_id(queue, job_id))
            assert await results(queue, [job_id]) == [1]
    finally:
        sandbox.stop()


async def test_an_object_with_an_async_call_is_an_async_handler(redis_url):
    class Handler:
        async def __call__(self, job):
            return job.payload

    async with Queue(redis_url) as queue:
        job_id = await queue.enqueue("t", 7)
        await Worker(queue, {"t": Handler()}).run_until_idle()
        assert (await queue.job(job_id)).result == 7


async def test_a_lease_that_somebody_garbled_ends_no_heartbeat(redis_url):
    async with Queue(redis_url) as queue:
        await queue.redis.hset(queue.keys.settings, "lease_ms", "soon")
        assert await queue.lease() == 30
