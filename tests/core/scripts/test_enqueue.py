"""The script enqueue: a job is accepted once per id, as a first attempt in its tier."""

import asyncio

from jobqueue import NewJob
from steps import HOUR, content, counts, started, tickets


async def test_an_accepted_job_waits_in_its_tier_as_a_first_attempt(queue):
    await queue.enqueue("resize", [1], priority="high", job_id="j", max_attempts=5)
    (job,) = await tickets(queue, "high")
    assert (job.id, job.task, job.payload, job.attempt, job.max_attempts, job.reaped) == (
        "j", "resize", [1], 1, 5, False,
    )  # fmt: skip
    assert await counts(queue) == (1, 0, 0, 0, 0)
    status = await queue.job("j")
    assert (status.state, status.tier, status.attempt) == ("waiting", "high", None)


# F39
async def test_a_known_id_adds_nothing_wherever_its_job_is(queue, transitions):
    await queue.enqueue("task", job_id="waiting")
    for place in ("pending", "delayed", "done", "dead"):
        job = await started(queue, "w", "high", job_id=place)
        if place == "delayed":
            await transitions.retry("w", job, HOUR, "no")
        elif place == "done":
            await transitions.complete("w", [(job, b"1")], HOUR)
        elif place == "dead":
            await transitions.bury("w", "high", job.entry, job.id, "failed", "", "")
    before = await content(queue)
    for place in ("waiting", "pending", "delayed", "done", "dead"):
        assert await queue.enqueue("another", priority="low", job_id=place) == place
        assert (await queue.job(place)).state == place
    assert await content(queue) == before


# F39
async def test_one_of_many_producers_with_the_same_id_is_accepted(queue):
    ticket = NewJob("task", job_id="same").ticket(queue.max_bytes) | {"low": 0, "high": 0}
    replies = await asyncio.gather(*(queue.transitions.run("enqueue", [ticket]) for _ in range(50)))
    assert sorted(replies) == [[0]] * 49 + [[1]]
    assert await counts(queue) == (1, 0, 0, 0, 0)


# F59
async def test_an_id_is_free_again_when_its_result_has_expired(queue, transitions, redis):
    job = await started(queue, job_id="j")
    await transitions.complete("me", [(job, b"1")], HOUR)
    await redis.pexpire(queue.keys.job("j"), 0)
    assert await queue.job("j") is None
    await queue.enqueue("task", job_id="j")
    assert (await queue.job("j")).state == "waiting"
