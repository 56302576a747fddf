"""The script release: a job that is handed back waits again, and has used up no attempt."""

from helpers import eventually_async
from steps import (
    RAW,
    add_raw,
    content,
    counts,
    dead_letters,
    pending,
    promoted,
    raw_bytes,
    silence,
    started,
    state,
    take,
    tickets,
)


async def test_a_released_job_goes_to_the_tail_and_has_lost_no_attempt(queue, transitions):
    first = await started(queue, job_id="first")
    await queue.enqueue("task", job_id="second")
    assert await transitions.release("me", "normal", first.entry) == 1
    assert [(job.id, job.attempt) for job in await tickets(queue)] == [("second", 1), ("first", 1)]
    assert await pending(queue) == {}
    assert await counts(queue) == (2, 0, 0, 0, 0)
    assert await state(queue, first) == "waiting"


async def test_a_job_may_be_released_for_a_while(queue, transitions):
    job = await started(queue)
    assert await transitions.release("me", "normal", job.entry, 60_000) == 1
    assert await counts(queue) == (0, 0, 1, 0, 0)
    assert await state(queue, job) == "delayed"


async def test_a_release_leaves_the_suspicion_on_a_job(queue, transitions):
    job = await started(queue)
    await silence(queue, job)
    await transitions.reap("normal", job.entry, 1000)
    for delay_ms in (0, 1):
        (suspect,) = await take(queue)
        await transitions.release("me", "normal", suspect.entry, delay_ms)
        if delay_ms:
            await eventually_async(lambda: promoted(queue))
        assert [(job.attempt, job.reaped) for job in await tickets(queue)] == [(2, True)]


async def test_releasing_again_after_a_lost_reply_does_nothing(queue, transitions):
    job = await started(queue)
    await transitions.release("me", "normal", job.entry)
    before = await content(queue)
    assert await transitions.release("me", "normal", job.entry) == 0
    assert await content(queue) == before


async def test_a_job_that_has_not_run_may_be_released_any_number_of_times(queue, transitions):
    await queue.enqueue("task", max_attempts=1)
    for _ in range(20):
        (job,) = await take(queue)
        await transitions.release("me", "normal", job.entry)
    assert [job.attempt for job in await tickets(queue)] == [1]


async def test_a_job_that_outlasts_every_drain_uses_up_its_attempts_in_the_end(queue, transitions):
    await queue.enqueue("task", job_id="j", max_attempts=2)
    attempts = []
    while jobs := await take(queue):
        attempts.append(jobs[0].attempt)
        assert await transitions.release("me", "normal", jobs[0].entry, started=True) == 1
    assert attempts == [1, 1, 1, 2]
    (letter,) = await dead_letters(queue)
    assert (letter[b"id"], letter[b"reason"], letter[b"worker"]) == (b"j", b"released too often", b"me")
    assert await counts(queue) == (0, 0, 0, 0, 1)
    assert (await queue.job("j")).state == "dead"


async def test_a_malformed_entry_cannot_be_handed_back_and_is_buried(queue, transitions):
    entry = await add_raw(queue, RAW, consumer="me")
    assert await transitions.release("me", "normal", entry) == 1
    (letter,) = await dead_letters(queue)
    assert (letter[b"reason"], raw_bytes(letter)) == (b"malformed", RAW)
    assert await counts(queue) == (0, 0, 0, 0, 1)
