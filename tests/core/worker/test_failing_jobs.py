"""A job that fails, hangs or can't be run is retried or ends dead, and its neighbours run."""

import asyncio
import threading
from collections import Counter

import pytest

from helpers import eventually_async
from steps import add_raw, dead_letters, pending, silence, started, ticket
from workers import double, hang, hire, plain_raiser, raiser, results, settled, working


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
async def test_a_handler_that_misbehaves_fails_its_own_job_alone(queue, handler, error):
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


# F07
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


# F04
async def test_an_entry_deleted_after_its_delivery_is_buried(queue):
    """Such a row reaches a worker only in the batch that delivers it; here, through the reaper."""
    await queue.set_lease(0.5)
    job = await started(queue, "gone")
    await silence(queue, job)
    await queue.redis.xdel(queue.keys.stream("normal"), job.entry)
    async with working(hire(queue)):
        await eventually_async(lambda: dead_letters(queue))
    assert await pending(queue) == {}
