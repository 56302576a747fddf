"""Each way to die is named in the dead letter, with the job's history."""

import asyncio
import random
import re
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from burying import bury, hang_never, letters, work

from helpers import eventually_async
from jobqueue import Reject, RetryLater, Worker
from jobqueue.scripts import CONSTANTS
from steps import add_raw, silence, started, take
from workers import end_all, start_worker, working


async def test_a_dead_job_is_shown_with_everything_that_you_need_to_judge_it(queue):
    def stumble(job):
        raise ValueError(f"attempt {job.attempt} broke")

    began = datetime.now(UTC) - timedelta(seconds=1)
    payload = {"big": 2**70, "empty": [], "text": "žluť"}
    await queue.enqueue("resize", payload, priority="high", job_id="j", max_attempts=3)
    await work(queue, {"resize": stumble}, name="ada")
    [letter] = await queue.dead.list()
    assert await queue.dead.show(letter.letter) == letter
    assert (letter.job_id, letter.tier, letter.task, letter.payload) == ("j", "high", "resize", payload)
    assert (letter.reason, letter.error, letter.worker, letter.replays) == (
        "failed", "ValueError: attempt 3 broke", "ada", 0,
    )  # fmt: skip
    assert "in stumble" in letter.traceback
    assert began < letter.died_at < datetime.now(UTC) + timedelta(seconds=1)
    told = [(line.attempt, line.worker, line.outcome, line.error) for line in letter.history]
    assert told == [
        (1, "ada", "retried", "ValueError: attempt 1 broke"),
        (2, "ada", "retried", "ValueError: attempt 2 broke"),
        (3, "ada", "failed", "ValueError: attempt 3 broke"),
    ]
    times = [line.ended_ms / 1000 for line in letter.history]
    assert began.timestamp() < times[0] <= times[1] <= times[2] <= letter.died_at.timestamp()
    fields = dict(zip(letter.raw[::2], letter.raw[1::2], strict=True))
    assert (fields[b"id"], fields[b"attempt"], fields[b"max_attempts"]) == (b"j", b"3", b"3")


async def test_the_history_of_a_job_that_is_replayed_again_and_again_keeps_its_latest_lives(queue):
    [job_id] = await bury(queue, job_id="undead")
    for _ in range(150):
        assert await queue.dead.replay(*await letters(queue)) == 1
        (job,) = await take(queue)
        await queue.transitions.bury("me", "normal", job.entry, job.id, "failed", "x" * 1000, "")
    [letter] = await queue.dead.list()
    assert await queue.redis.hstrlen(queue.keys.job(job_id), "history") <= CONSTANTS["HISTORY_BYTES"]
    assert len(letter.history) >= 20 and letter.history[-1].ended_ms >= letter.history[0].ended_ms
    assert letter.replays == 150


async def test_the_history_names_each_worker_and_also_one_that_fell_silent(queue):
    job = await started(queue, "ada", job_id="j", max_attempts=3)
    await silence(queue, job)
    await queue.transitions.reap("normal", job.entry, 1000)
    (again,) = await take(queue, "ben")
    await queue.transitions.retry("ben", again, 0, "it broke")
    await queue.transitions.promote()
    (last,) = await take(queue, "cleo")
    await queue.transitions.bury("cleo", "normal", last.entry, "j", "failed", "it broke", "")
    [letter] = await queue.dead.list()
    assert [(line.attempt, line.worker, line.outcome) for line in letter.history] == [
        (1, "ada", "lease ran out"), (2, "ben", "retried"), (3, "cleo", "failed"),
    ]  # fmt: skip
    assert letter.history[0].error == "no heartbeat from ada for a lease (lost lease 1 of 9)"
    assert (letter.reason, letter.worker) == ("failed", "cleo")


async def test_a_job_that_outlasted_every_drain_has_that_as_its_reason(queue):
    await queue.enqueue("task", job_id="j", max_attempts=1)
    while jobs := await take(queue, "ada"):
        await queue.transitions.release("ada", "normal", jobs[0].entry, started=True)
    [letter] = await queue.dead.list()
    assert (letter.reason, letter.worker) == ("released too often", "ada")
    assert [(line.attempt, line.worker, line.outcome) for line in letter.history] == [(1, "ada", "released too often")]


async def hang(job):
    await asyncio.Event().wait()


async def stop_iteration(job):
    raise StopIteration("of a generator of its own")


def stop_iteration_in_a_thread(job):
    raise StopIteration("of a generator of its own")


async def reject(job):
    raise Reject("no such customer")


ENDS = {
    "times out": (hang, "timed out", r"no answer within 0\.2 s", 2),
    "hangs in a thread": (lambda job: threading.Event().wait(1.5), "timed out", r"no answer within 0\.2 s", 2),
    "asks for no other attempt": (reject, "rejected", "Reject: no such customer", 1),
    "stops an iteration": (stop_iteration, "failed", "StopIteration", 2),
    "stops an iteration in a thread": (stop_iteration_in_a_thread, "failed", "StopIteration", 2),
    "is of an unknown task": (None, "unknown task", "no handler named 'bad' here, only good", 0),
}


@pytest.mark.parametrize(("handler", "reason", "error", "attempts"), ENDS.values(), ids=ENDS)
async def test_each_way_to_die_has_its_own_reason_and_other_jobs_live(queue, handler, reason, error, attempts):
    await queue.enqueue("bad", job_id="bad", max_attempts=2, timeout=0.2)
    good = [await queue.enqueue("good", n) for n in range(3)]

    async def double(job):
        return job.payload * 2

    await work(queue, {"good": double} | ({"bad": handler} if handler else {}))
    [letter] = await queue.dead.list()
    assert (letter.job_id, letter.reason) == ("bad", reason)
    assert re.search(error, letter.error)
    assert len(letter.history) == max(1, attempts)
    assert [(await queue.job(job_id)).result for job_id in good] == [0, 2, 4]


# F22
async def test_a_job_that_kills_its_worker_is_dead_and_says_so(queue):
    await queue.set_lease(0.5)
    await queue.enqueue("kill", job_id="killer", max_attempts=1)
    worker = start_worker(queue)
    try:
        assert await asyncio.to_thread(worker.wait, 20) == -9
        async with working(Worker(queue, {"kill": hang})):
            [letter] = await eventually_async(queue.dead.list)
    finally:
        end_all([worker])
    assert (letter.job_id, letter.reason) == ("killer", "lease ran out")
    assert str(worker.pid) in letter.worker  # its name says which process it was
    assert letter.error == f"no heartbeat from {letter.worker} for a lease (lost lease 1 of 1)"


class Slow(random.Random):
    """Draws the most of every range: the longest backoff."""

    def uniform(self, least, most):
        return most


async def test_a_handler_may_ask_to_be_tried_later_and_it_costs_an_attempt(queue):
    attempts = []

    async def later(job):
        attempts.append(job.attempt)
        raise RetryLater(60 if job.attempt == 1 else 0, "the printer is out of paper")

    await queue.enqueue("task", job_id="j", max_attempts=3)
    async with working(Worker(queue, {"task": later}, rng=Slow())):
        await eventually_async(lambda: delayed(queue))
        ((member, due),) = await queue.redis.zrange(queue.keys.delayed("normal"), 0, -1, withscores=True)
        seconds, _ = await queue.redis.time()
        assert 55 < due / 1000 - seconds <= 61
        assert (await queue.job("j")).error == "RetryLater: the printer is out of paper"
        await queue.redis.zadd(queue.keys.delayed("normal"), {member: 1})
        [letter] = await eventually_async(queue.dead.list)
    assert attempts == [1, 2, 3]
    gap = letter.history[2].ended_ms - letter.history[1].ended_ms
    assert gap < 2000  # nought is at once, and no backoff of 4 s; promotion is once a second
    assert (letter.reason, letter.error) == ("failed", "RetryLater: the printer is out of paper")


async def delayed(queue):
    return (await queue.snapshot()).total("delayed")


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "soon", None])
async def test_an_impossible_delay_in_retry_later_is_an_ordinary_failure(queue, seconds):
    async def later(job):
        raise RetryLater(seconds)

    await queue.enqueue("task", job_id="j", max_attempts=2)
    await work(queue, {"task": later})
    assert (await queue.job("j")).reason == "failed"


async def test_a_malformed_entry_is_kept_byte_for_byte(queue):
    raw = {b"": b"", b"\xff\x00": bytes(range(256)), "žluť".encode(): b'"\\/\x7f', b"id": b"\xfe"}
    await add_raw(queue, raw, tier="low")
    await work(queue, {})
    [letter] = await queue.dead.list()
    assert dict(zip(letter.raw[::2], letter.raw[1::2], strict=True)) == raw
    assert (letter.job_id, letter.tier, letter.reason, letter.task, letter.payload) == (
        None, "low", "malformed", None, None,
    )  # fmt: skip
    assert letter.history == []


@pytest.mark.parametrize("attempt", ["nan", "inf", "-inf", "-5", "0x10", "1e3", "0", "10000", " 1", "1_0", "٣"])
async def test_an_attempt_number_that_could_never_be_used_up_is_malformed_everywhere(queue, attempt):
    """Also where no Python looks at it: under a worker that died before it could."""
    good = {"id": "x", "attempt": "1", "max_attempts": "3", "reaped": "0", "released": "0"}
    body = b'{"task":"task","payload":1,"timeout":60,"enqueued_at":0}'
    names = [name for name in ("attempt", "max_attempts", "released") if (name, attempt) != ("released", "0")]
    for name in names:
        fields = good | {name: attempt, "body": body}
        await add_raw(queue, fields)  # for a worker to find
        entry = await add_raw(queue, fields, tier="low", consumer="gone")  # for a reaper to find
        assert await eventually_async(lambda entry=entry: queue.transitions.reap("low", entry, 1)) == 2
        await add_raw(queue, fields, tier="high", consumer="gone")
    behind = await started(queue, "gone", "low", job_id="behind")
    await silence(queue, behind)
    for (row,) in [await queue.redis.xpending_range(queue.keys.stream("low"), "workers", "-", "+", 5)]:
        assert await queue.transitions.reap("low", row["message_id"], 1000) == 1
    for row in await queue.redis.xpending_range(queue.keys.stream("high"), "workers", "-", "+", 5):
        assert await queue.transitions.release("gone", "high", row["message_id"]) == 1
    await work(queue, {"task": hang_never})
    assert Counter(letter.reason for letter in await queue.dead.list()) == {"malformed": 3 * len(names)}
    assert ((await queue.job("behind")).state, (await queue.snapshot()).done) == ("done", 1)
