"""The script complete: results are kept and entries removed, one reply per job of a batch."""

import pytest
from redis.exceptions import ResponseError

from jobqueue.keys import TIERS
from jobqueue.scripts import LOST, SETTLED, SETTLED_BEFORE
from steps import HOUR, completed, content, counts, pending, started, take


# F01, F02, F15, F38
async def test_a_completed_job_leaves_nothing_but_its_result(queue, transitions, redis):
    job = await started(queue)
    assert await completed(transitions, [(job, b'{"pages":3}')], 60_000) == [SETTLED]
    assert (await redis.xlen(queue.keys.stream("normal")), await pending(queue)) == (0, {})
    assert await counts(queue) == (0, 0, 0, 1, 0)
    status = await queue.job(job.id)
    assert (status.state, status.result, status.attempt, status.worker) == ("done", {"pages": 3}, 1, "me")
    assert 50_000 < await redis.pttl(queue.keys.job(job.id)) <= 60_000


async def test_completing_again_after_a_lost_reply_is_told_apart_from_a_lost_lease(queue, transitions):
    job = await started(queue)
    await transitions.complete("me", [(job, b"1")], HOUR)
    before = await content(queue)
    assert await completed(transitions, [(job, b"2")], HOUR) == [SETTLED_BEFORE]
    assert await content(queue) == before


async def test_a_batch_gets_one_reply_per_job(queue, transitions):
    mine, settled, theirs = [await started(queue, who) for who in ("me", "me", "them")]
    await transitions.complete("me", [(settled, b"0")], HOUR)
    replies = await completed(transitions, [(mine, b"1"), (settled, b"2"), (theirs, b"3")], HOUR)
    assert replies == [SETTLED, SETTLED_BEFORE, LOST]
    assert [(await queue.job(job.id)).result for job in (mine, settled, theirs)] == [1, 0, None]
    assert await pending(queue) == {theirs.entry: "them"}


async def test_a_batch_may_hold_jobs_of_every_tier_and_hundreds(queue, transitions):
    for number in range(600):
        await queue.enqueue("task", priority=TIERS[number % 3])
    jobs = [job for tier in TIERS for job in await take(queue, tier=tier, count=1000)]
    assert await completed(transitions, [(job, b"1") for job in jobs], HOUR) == [SETTLED] * 600
    assert await counts(queue) == (0, 0, 0, 600, 0)


async def test_one_bad_hash_in_a_batch_does_not_keep_its_neighbours_results_from_being_recorded(
    queue, transitions, redis
):
    jobs = [await started(queue) for _ in range(3)]
    await redis.delete(queue.keys.job(jobs[1].id))
    await redis.set(queue.keys.job(jobs[1].id), "no hash")
    assert await completed(transitions, [(job, b"1") for job in jobs], HOUR) == [SETTLED] * 3
    assert await pending(queue) == {}
    assert await counts(queue) == (0, 0, 0, 3, 0)
    assert [(await queue.job(job.id)).result for job in jobs] == [1, 1, 1]


async def test_a_result_that_the_server_refuses_is_logged_and_its_lease_runs_out(queue, transitions, redis, caplog):
    job = await started(queue)
    await redis.execute_command("ACL SETUSER default -hset")
    try:
        assert await completed(transitions, [(job, b"1")], HOUR) == [None]
    finally:
        await redis.execute_command("ACL SETUSER default +hset")
    assert "refused to complete an attempt, so its lease will run out" in caplog.text
    assert "permission" in caplog.text.lower() and await pending(queue) == {job.entry: "me"}


async def test_a_batch_that_can_not_be_acknowledged_counts_as_nothing_and_its_leases_run_out(queue, transitions, redis):
    jobs = [await started(queue), await started(queue)]
    await redis.execute_command("ACL SETUSER default -xack")
    try:
        with pytest.raises(ResponseError, match=r"(?i)permission"):
            await transitions.complete("me", [(job, b"1") for job in jobs], HOUR)
    finally:
        await redis.execute_command("ACL SETUSER default +xack")
    assert await pending(queue) == {job.entry: "me" for job in jobs}
    assert await counts(queue) == (0, 2, 0, 0, 0)
