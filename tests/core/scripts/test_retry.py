"""The script retry: a failed job waits in the delayed set for its next attempt."""

import json

from jobqueue.scripts import SETTLED, SETTLED_BEFORE
from steps import HOUR, content, counts, dead_letters, pending, server_ms, silence, started, state, take, tickets


# F16, F35, F62
async def test_a_retried_job_waits_in_the_delayed_set_for_its_next_attempt(queue, transitions, redis):
    job = await started(queue, tier="low")
    before = await server_ms(queue)
    assert await transitions.retry("me", job, 5000, "it broke") == SETTLED
    ((member, due),) = await redis.zrange(queue.keys.delayed("low"), 0, -1, withscores=True)
    assert before + 5000 <= due <= await server_ms(queue) + 5000
    assert json.loads(member)[2:4] == ["attempt", "2"]
    assert (await redis.xlen(queue.keys.stream("low")), await pending(queue, "low")) == (0, {})
    assert await counts(queue) == (0, 0, 1, 0, 0)
    status = await queue.job(job.id)
    assert (status.state, status.error) == ("delayed", "it broke")
    assert (await queue.snapshot()).retried == 1


async def test_a_failure_clears_the_suspicion_that_a_job_kills_its_workers(queue, transitions):
    job = await started(queue)
    await silence(queue, job)
    await transitions.reap("normal", job.entry, 1000)
    (suspect,) = await take(queue)
    await transitions.retry("me", suspect, 0, "it raised")
    await transitions.promote()
    assert [(job.attempt, job.reaped) for job in await tickets(queue)] == [(3, False)]


async def test_retrying_again_after_a_lost_reply_delays_nothing_twice(queue, transitions):
    job = await started(queue)
    await transitions.retry("me", job, HOUR, "it broke")
    before = await content(queue)
    assert await transitions.retry("me", job, HOUR, "it broke") == SETTLED_BEFORE
    assert await content(queue) == before


# F04
async def test_an_entry_deleted_while_it_ran_can_only_be_buried(queue, transitions, redis):
    job = await started(queue)
    await redis.xdel(queue.keys.stream("normal"), job.entry)
    assert await transitions.retry("me", job, 0, "it broke") == SETTLED
    (letter,) = await dead_letters(queue)
    assert (letter[b"id"], letter[b"reason"], letter[b"error"]) == (
        job.id.encode(), b"malformed", b"its entry was deleted while it ran",
    )  # fmt: skip
    assert await pending(queue) == {}
    assert await state(queue, job) == "dead"
