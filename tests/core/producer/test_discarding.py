"""A discarded letter leaves nothing, and takes nothing of another job with it."""

from burying import bury, counts, letters

from jobqueue import NewJob
from jobqueue.dead import PAGE
from steps import tickets


async def test_discarding_a_letter_that_names_another_job_leaves_that_job_alone(queue):
    await bury(queue, 1, job_id="dead")
    for tier in ("high", "elsewhere"):
        [(_, fields)] = await queue.redis.xrange(queue.keys.dead, count=1)
        await queue.redis.xadd(queue.keys.dead, fields | {b"id": b"lives", b"tier": tier.encode()})
    await queue.enqueue("task", job_id="lives")
    _, *forged = await letters(queue)
    assert await queue.dead.replay(*forged) == 0
    assert await queue.dead.discard(*forged) == 2
    assert ((await queue.job("lives")).state, (await queue.job("dead")).state) == ("waiting", "dead")


async def test_a_job_cannot_be_cancelled_in_the_place_of_another(queue):
    """Whose hash somebody altered, so that it names the entry of another."""
    for job_id in ("a", "b"):
        await queue.enqueue("task", job_id=job_id)
    entry = await queue.redis.hget(queue.keys.job("b"), "entry")
    for changes in ({"entry": entry}, {"entry": "x"}, {"entry": "99999999999999999999-0"}, {"tier": "dead"}):
        await queue.redis.hset(queue.keys.job("a"), mapping=changes)
        assert not await queue.cancel("a")
    await queue.redis.hdel(queue.keys.job("a"), "entry", "tier")
    assert not await queue.cancel("a")
    assert ((await queue.job("a")).state, (await queue.job("b")).state) == ("lost", "waiting")
    assert len(await tickets(queue)) == 2


# F59
async def test_a_discarded_job_leaves_nothing_and_its_id_is_free(queue):
    ids = await bury(queue, 3)
    all_letters = await letters(queue)
    assert await queue.dead.discard(all_letters[1]) == 1
    assert await queue.dead.discard(all_letters[1]) == 0
    assert [await queue.job(job_id) is None for job_id in ids] == [False, True, False]
    assert await letters(queue) == [all_letters[0], all_letters[2]]
    assert await queue.dead.show(all_letters[1]) is None
    await queue.enqueue("task", job_id=ids[1])
    assert await counts(queue) == (1, 2, 1, 0)


async def test_hundreds_of_letters_are_discarded(queue):
    await bury(queue, 2 * PAGE + 5)
    await queue.enqueue_many([NewJob("task")])
    assert await queue.dead.discard_all() == 2 * PAGE + 5
    assert await counts(queue) == (1, 0, 2 * PAGE + 5, 0)
    assert len(await queue.redis.keys("*job:*")) == 1
