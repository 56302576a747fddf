"""A job's hash only describes it: a job moves whatever happened to its hash."""

import pytest

from jobqueue.scripts import LOST, SETTLED_BEFORE
from steps import HOUR, SETTLE, counts, delayed_by, pending, silence, started, state

MOVES = {
    "retry": lambda t, job: t.retry("me", job, HOUR, "it broke"),
    "release": lambda t, job: t.release("me", "normal", job.entry),
    "release for a while": lambda t, job: t.release("me", "normal", job.entry, HOUR),
    "bury": lambda t, job: t.bury("me", "normal", job.entry, job.id, "failed", "", ""),
    "reap": lambda t, job: t.reap("normal", job.entry, 1000),
}


# F41
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
async def test_a_job_whose_hash_is_no_hash_still_moves_and_is_not_doubled(queue, transitions, redis, move):
    job = await started(queue)
    await silence(queue, job)
    await redis.delete(queue.keys.job(job.id))
    await redis.set(queue.keys.job(job.id), "no hash")
    assert await move(transitions, job) == 1
    assert await pending(queue) == {}
    assert sum(await counts(queue)) == 1
    assert await move(transitions, job) in (LOST, SETTLED_BEFORE)
    assert (await queue.job(job.id)).state in ("waiting", "delayed", "dead")  # and the hash is one again


async def test_a_delayed_job_whose_hash_is_no_hash_is_promoted_once(queue, transitions, redis):
    await delayed_by(queue, "normal", j=-1)
    await redis.delete(queue.keys.job("j"))
    await redis.set(queue.keys.job("j"), "no hash")
    assert await transitions.promote() == (1, -1, [])
    assert await counts(queue) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("end", ["done", "dead", "delayed", "waiting"])
async def test_a_job_whose_hash_was_deleted_can_still_be_asked_for_when_it_has_moved(queue, transitions, redis, end):
    job = await started(queue)
    await silence(queue, job)
    await redis.delete(queue.keys.job(job.id))
    move = {"done": SETTLE["complete"], "dead": MOVES["bury"], "delayed": MOVES["retry"], "waiting": MOVES["reap"]}[end]
    assert await move(transitions, job) in (1, [1])
    assert await state(queue, job) == end
