"""The script reap: an entry whose lease ran out becomes a new attempt, or a dead letter when it has lost too many."""

import asyncio

import pytest

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


async def test_fresh_work_is_not_reaped(queue, transitions):
    job = await started(queue)
    await silence(queue, job, 29)
    before = await content(queue)
    assert await transitions.reap("normal", job.entry, 30_000) == 0
    assert await content(queue) == before


async def test_a_job_that_was_renewed_since_the_reaper_looked_is_not_reaped(queue, transitions):
    job = await started(queue)
    await silence(queue, job)
    await transitions.heartbeat("me", [job])
    assert await transitions.reap("normal", job.entry, 1000) == 0
    assert await pending(queue) == {job.entry: "me"}


# F16, F52
async def test_a_reaped_job_is_a_new_entry_for_its_next_attempt_and_a_suspect(queue, transitions):
    job = await started(queue)
    await silence(queue, job)
    assert await transitions.reap("normal", job.entry, 1000) == 1
    (again,) = await tickets(queue)
    assert (again.id, again.attempt, again.reaped) == (job.id, 2, True)
    assert again.entry > job.entry
    assert await pending(queue) == {}
    assert await counts(queue) == (1, 0, 0, 0, 0)
    assert (await queue.snapshot()).reaped == 1
    assert await state(queue, job) == "waiting"


async def test_one_of_many_reapers_gets_an_entry(queue, transitions):
    job = await started(queue)
    await silence(queue, job)
    assert sorted(await asyncio.gather(*(transitions.reap("normal", job.entry, 1000) for _ in range(20))))[-2:] == [
        0,
        1,
    ]
    assert await counts(queue) == (1, 0, 0, 0, 0)


async def test_a_last_attempt_whose_lease_runs_out_is_dead_and_names_its_worker(queue, transitions):
    job = await started(queue, "ada", max_attempts=1)
    await silence(queue, job)
    assert await transitions.reap("normal", job.entry, 1000) == 2
    (letter,) = await dead_letters(queue)
    assert (letter[b"id"], letter[b"reason"], letter[b"worker"]) == (job.id.encode(), b"lease ran out", b"ada")
    assert b"ada" in letter[b"error"]
    assert await counts(queue) == (0, 0, 0, 0, 1)
    assert (await queue.job(job.id)).reason == "lease ran out"


async def lose(queue, times):
    """Have what waits lose its lease so many times; returns the reaper's last answer."""
    for _ in range(times):
        (job,) = await take(queue, "gone")
        await silence(queue, job)
        answer = await queue.transitions.reap("normal", job.entry, 1000)
    return answer


# F22
@pytest.mark.parametrize(("max_attempts", "most"), [(1, 1), (2, 5), (3, 9)])
async def test_lost_leases_have_a_budget_of_their_own_and_it_ends(queue, max_attempts, most):
    await queue.enqueue("task", job_id="j", max_attempts=max_attempts)
    if most > 1:
        assert await lose(queue, most - 1) == 1
    assert await lose(queue, 1) == 2
    [letter] = await queue.dead.list()
    assert (letter.reason, letter.error) == (
        "lease ran out", f"no heartbeat from gone for a lease (lost lease {most} of {most})",
    )  # fmt: skip
    assert [(line.attempt, line.outcome) for line in letter.history] == [
        (n, "lease ran out") for n in range(1, most + 1)
    ]
    assert "(lost lease 1 of " in letter.history[0].error
    assert await queue.dead.replay_all() == 1
    (job,) = await take(queue)
    assert (job.attempt, job.lost, job.reaped) == (1, 0, False)


async def test_a_lost_lease_uses_up_no_attempt(queue, transitions):
    await queue.enqueue("task", job_id="j", max_attempts=2)
    await lose(queue, 3)
    (job,) = await take(queue)
    assert (job.attempt, job.lost, job.failures) == (4, 3, 1)
    await transitions.retry("me", job, 0, "it broke")
    await promoted(queue)
    await lose(queue, 1)
    (job,) = await take(queue)
    assert (job.attempt, job.lost, job.failures) == (6, 4, 2)


async def test_a_lost_lease_does_not_let_a_job_outlast_more_drains(queue, transitions):
    await queue.enqueue("task", job_id="j", max_attempts=2)
    await lose(queue, 2)
    for _ in range(4):
        (job,) = await take(queue)
        assert await transitions.release("me", "normal", job.entry, started=True) == 1
    assert (await queue.job("j")).reason == "released too often"


async def test_a_ticket_of_an_older_version_has_lost_no_lease_yet(queue, transitions):
    """A fleet is updated while jobs wait. All its attempts count as failures."""
    body = b'{"task":"task","payload":1,"timeout":60,"enqueued_at":0}'
    old = {"id": "j", "attempt": 3, "max_attempts": 3, "reaped": 1, "released": 0, "body": body}
    await add_raw(queue, old)
    (job,) = await take(queue)
    assert (job.attempt, job.lost, job.failures) == (3, 0, 3)
    await silence(queue, job)
    assert await transitions.reap("normal", job.entry, 1000) == 1
    (job,) = await take(queue)
    assert (job.attempt, job.lost, job.failures) == (4, 1, 3)


@pytest.mark.parametrize(
    "fields",
    [
        RAW,
        {"id": "x"},
        {"id": "x", "body": "{}", "attempt": "one", "max_attempts": "3", "reaped": "0"},
        {"id": "x", "body": "{}", "attempt": "1", "max_attempts": "3"},
    ],
    ids=["bytes", "no body", "no number", "not reaped, nor not reaped"],
)
async def test_a_stale_entry_that_is_no_ticket_is_buried_as_it_is(queue, transitions, fields):
    entry = await add_raw(queue, fields, consumer="me")
    assert await eventually_async(lambda: transitions.reap("normal", entry, 1)) == 2
    (letter,) = await dead_letters(queue)
    written = {
        k if isinstance(k, bytes) else k.encode(): v if isinstance(v, bytes) else v.encode() for k, v in fields.items()
    }
    assert (letter[b"reason"], raw_bytes(letter)) == (b"malformed", written)
    assert await counts(queue) == (0, 0, 0, 0, 1)


# F04
async def test_a_stale_row_without_an_entry_leaves_the_pending_list(queue, transitions, redis):
    job = await started(queue)
    await silence(queue, job)
    await redis.xdel(queue.keys.stream("normal"), job.entry)
    assert await transitions.reap("normal", job.entry, 1000) == 2
    assert await pending(queue) == {}
    assert [letter[b"reason"] for letter in await dead_letters(queue)] == [b"malformed"]


async def test_reaping_needs_no_hash(queue, transitions, redis):
    job = await started(queue)
    await silence(queue, job)
    await redis.delete(queue.keys.job(job.id))
    assert await transitions.reap("normal", job.entry, 1000) == 1
    assert await state(queue, job) == "waiting"
