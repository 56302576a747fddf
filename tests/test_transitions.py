"""Each script: what it does, what it refuses, and what the server holds afterwards.

A refusal is tested as `content(queue)` being the same before and after: nothing at all was written.
"""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import eventually_async
from jobqueue import Queue, ServerFull
from jobqueue.job import decode_ticket
from jobqueue.keys import GROUP, TIERS
from jobqueue.scripts import LOST, SCRIPTS, SETTLED, SETTLED_BEFORE
from steps import add_raw, content, dead_letters, idle_seconds, pending, silence, started, take, tickets

HOUR = 3_600_000


@pytest.fixture
def transitions(queue):
    return queue.transitions


@pytest.fixture
def redis(queue):
    return queue.redis


async def counts(queue):
    """(waiting, pending, delayed, done, dead) over all tiers."""
    now = await queue.snapshot()
    return (*(now.total(place) for place in ("waiting", "pending", "delayed")), now.done, now.dead)


async def state(queue, job):
    return (await queue.job(job.id)).state


async def promoted(queue):
    return (await queue.transitions.promote())[0]


async def server_ms(queue):
    seconds, microseconds = await queue.redis.time()
    return seconds * 1000 + microseconds // 1000


# Enqueue.


async def test_an_accepted_job_waits_in_its_tier_as_a_first_attempt(queue):
    await queue.enqueue("resize", [1], priority="high", job_id="j", max_attempts=5)
    (job,) = await tickets(queue, "high")
    assert (job.id, job.task, job.payload, job.attempt, job.max_attempts, job.reaped) == (
        "j", "resize", [1], 1, 5, False,
    )  # fmt: skip
    assert await counts(queue) == (1, 0, 0, 0, 0)
    status = await queue.job("j")
    assert (status.state, status.tier, status.attempt) == ("waiting", "high", None)


async def test_an_id_that_is_known_adds_nothing_wherever_its_job_is(queue, transitions):
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


async def test_of_many_producers_with_one_id_one_is_accepted(queue):
    ticket = ("normal", "same", 3, b"{}", 0, 0, 0)
    replies = await asyncio.gather(*(queue.transitions.enqueue([ticket]) for _ in range(50)))
    assert sorted(replies) == [[0]] * 49 + [[1]]
    assert await counts(queue) == (1, 0, 0, 0, 0)


async def test_an_id_is_free_again_when_its_result_has_expired(queue, transitions, redis):
    job = await started(queue, job_id="j")
    await transitions.complete("me", [(job, b"1")], HOUR)
    await redis.pexpire(queue.keys.job("j"), 0)
    assert await queue.job("j") is None
    await queue.enqueue("task", job_id="j")
    assert (await queue.job("j")).state == "waiting"


# Complete.


async def test_a_completed_job_leaves_nothing_but_its_result(queue, transitions, redis):
    job = await started(queue)
    assert await transitions.complete("me", [(job, b'{"pages":3}')], 60_000) == [SETTLED]
    assert (await redis.xlen(queue.keys.stream("normal")), await pending(queue)) == (0, {})
    assert await counts(queue) == (0, 0, 0, 1, 0)
    status = await queue.job(job.id)
    assert (status.state, status.result, status.attempt, status.worker) == ("done", {"pages": 3}, 1, "me")
    assert 50_000 < await redis.pttl(queue.keys.job(job.id)) <= 60_000


async def test_completing_again_after_a_lost_reply_is_told_apart_from_a_lost_lease(queue, transitions):
    job = await started(queue)
    await transitions.complete("me", [(job, b"1")], HOUR)
    before = await content(queue)
    assert await transitions.complete("me", [(job, b"2")], HOUR) == [SETTLED_BEFORE]
    assert await content(queue) == before


async def test_a_batch_gets_a_reply_a_job(queue, transitions):
    mine, settled, theirs = [await started(queue, who) for who in ("me", "me", "them")]
    await transitions.complete("me", [(settled, b"0")], HOUR)
    replies = await transitions.complete("me", [(mine, b"1"), (settled, b"2"), (theirs, b"3")], HOUR)
    assert replies == [SETTLED, SETTLED_BEFORE, LOST]
    assert [(await queue.job(job.id)).result for job in (mine, settled, theirs)] == [1, 0, None]
    assert await pending(queue) == {theirs.entry: "them"}


async def test_a_batch_may_hold_jobs_of_every_tier_and_hundreds(queue, transitions):
    for number in range(600):
        await queue.enqueue("task", priority=TIERS[number % 3])
    jobs = [job for tier in TIERS for job in await take(queue, tier=tier, count=1000)]
    assert await transitions.complete("me", [(job, b"1") for job in jobs], HOUR) == [SETTLED] * 600
    assert await counts(queue) == (0, 0, 0, 600, 0)


async def test_one_bad_hash_in_a_batch_does_not_keep_its_neighbours_results_from_being_recorded(
    queue, transitions, redis
):
    jobs = [await started(queue) for _ in range(3)]
    await redis.delete(queue.keys.job(jobs[1].id))
    await redis.set(queue.keys.job(jobs[1].id), "no hash")
    assert await transitions.complete("me", [(job, b"1") for job in jobs], HOUR) == [SETTLED, LOST, SETTLED]
    assert await pending(queue) == {jobs[1].entry: "me"}
    assert await counts(queue) == (0, 1, 0, 2, 0)


# Retry.


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


async def test_what_was_deleted_from_the_stream_while_it_ran_can_only_be_buried(queue, transitions, redis):
    job = await started(queue)
    await redis.xdel(queue.keys.stream("normal"), job.entry)
    assert await transitions.retry("me", job, 0, "it broke") == SETTLED
    (letter,) = await dead_letters(queue)
    assert (letter[b"id"], letter[b"reason"], letter[b"error"]) == (
        job.id.encode(), b"malformed", b"its entry was deleted while it ran",
    )  # fmt: skip
    assert await pending(queue) == {}
    assert await state(queue, job) == "dead"


# Bury.


async def test_a_buried_job_is_kept_with_all_one_needs_to_judge_it(queue, transitions):
    job = await started(queue, payload={"n": 1}, tier="high")
    (fields,) = [fields for _, fields in await queue.redis.xrange(queue.keys.stream("high"))]
    assert await transitions.bury("me", "high", job.entry, job.id, "failed", "ValueError: no", "Traceback …") == SETTLED
    (letter,) = await dead_letters(queue)
    raw = json.loads(letter.pop(b"ticket"))
    assert dict(zip(raw[::2], raw[1::2], strict=True)) == {k.decode(): v.decode() for k, v in fields.items()}
    assert {name.decode(): value.decode() for name, value in letter.items()} == {
        "id": job.id, "tier": "high", "entry": job.entry, "reason": "failed", "error": "ValueError: no",
        "traceback": "Traceback …", "worker": "me",
    }  # fmt: skip
    assert await counts(queue) == (0, 0, 0, 0, 1)
    status = await queue.job(job.id)
    assert (status.state, status.reason, status.error) == ("dead", "failed", "ValueError: no")


async def test_a_dead_jobs_hash_stays_until_somebody_decides(queue, transitions, redis):
    job = await started(queue)
    await transitions.bury("me", "normal", job.entry, job.id, "failed", "", "")
    assert await redis.pttl(queue.keys.job(job.id)) == -1


async def test_burying_again_after_a_lost_reply_adds_no_second_letter(queue, transitions):
    job = await started(queue)
    await transitions.bury("me", "normal", job.entry, job.id, "failed", "", "")
    before = await content(queue)
    assert await transitions.bury("me", "normal", job.entry, job.id, "failed", "", "") == SETTLED_BEFORE
    assert await content(queue) == before


RAW = {b"": b"", b"\xff\x00": bytes(range(256)), "žluť".encode(): b'"\\/\x7f'}


def raw_bytes(letter):
    """The fields in a dead letter, byte for byte. They need not be text, so the JSON around them need not be either."""
    raw = [text.encode("latin-1") for text in json.loads(letter[b"ticket"].decode("latin-1"))]
    return dict(zip(raw[::2], raw[1::2], strict=True))


async def test_a_malformed_entry_is_buried_with_its_bytes_as_they_were(queue, transitions):
    entry = await add_raw(queue, RAW, consumer="me")
    assert await transitions.bury("me", "normal", entry, "", "malformed", "no id", "") == SETTLED
    (letter,) = await dead_letters(queue)
    assert raw_bytes(letter) == RAW
    assert (letter[b"id"], letter[b"entry"]) == (b"", entry.encode())
    assert await counts(queue) == (0, 0, 0, 0, 1)
    assert await queue.redis.keys("*job:*") == []


# Release.


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


async def test_unrun_a_job_may_be_released_for_ever(queue, transitions):
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


# Whoever lost the lease changes nothing.


SETTLE = {
    "complete": lambda t, job: t.complete("me", [(job, b"1")], HOUR),
    "retry": lambda t, job: t.retry("me", job, 0, "it broke"),
    "bury": lambda t, job: t.bury("me", job.priority, job.entry, job.id, "failed", "", ""),
    "release": lambda t, job: t.release("me", job.priority, job.entry),
    "heartbeat": lambda t, job: t.heartbeat("me", [job]),
}


@pytest.mark.parametrize("settle", SETTLE.values(), ids=SETTLE)
@pytest.mark.parametrize("how", ["reaped", "reaped and run by another", "claimed", "flushed", "settled by another"])
async def test_who_lost_the_lease_changes_nothing(queue, transitions, redis, settle, how):
    job = await started(queue)
    if how == "claimed":
        await redis.xclaim(queue.keys.stream("normal"), GROUP, "other", 0, [job.entry])
    elif how == "flushed":
        await redis.flushall()
    else:
        await silence(queue, job)
        await transitions.reap("normal", job.entry, 1000)
    if how in ("reaped and run by another", "settled by another"):
        (again,) = await take(queue, "other")
    if how == "settled by another":
        await transitions.complete("other", [(again, b"2")], HOUR)
    before = await content(queue) if how != "flushed" else await redis.dbsize()
    assert await settle(transitions, job) in (LOST, [LOST])
    assert (await content(queue) if how != "flushed" else await redis.dbsize()) == before


# Reap.


async def test_fresh_work_is_not_reaped(queue, transitions):
    job = await started(queue)
    await silence(queue, job, 29)
    before = await content(queue)
    assert await transitions.reap("normal", job.entry, 30_000) == 0
    assert await content(queue) == before


async def test_the_reaper_does_not_touch_what_a_heartbeat_renewed_since_it_looked(queue, transitions):
    job = await started(queue)
    await silence(queue, job)
    await transitions.heartbeat("me", [job])
    assert await transitions.reap("normal", job.entry, 1000) == 0
    assert await pending(queue) == {job.entry: "me"}


async def test_a_reaped_job_is_a_new_entry_with_one_attempt_more_under_suspicion(queue, transitions):
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


async def test_of_many_reapers_one_gets_an_entry(queue, transitions):
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


async def requeue_by_reap(queue, job):
    await silence(queue, job)
    return await queue.transitions.reap("normal", job.entry, 1000)


async def requeue_by_release(queue, job):
    return await queue.transitions.release("me", "normal", job.entry)


async def requeue_by_retry(queue, job):
    await queue.transitions.retry("me", job, 0, "it broke")
    return await promoted(queue)


@pytest.mark.parametrize("requeue", [requeue_by_reap, requeue_by_release, requeue_by_retry])
async def test_no_script_touches_a_payload(queue, requeue):
    payload = {"empty": [[], {}, ""], "big": [2**64 + 1, -(2**63)], "text": 'žluť\0\x7f/"\\', "float": 1e308}
    job = await started(queue, payload=payload)
    assert await requeue(queue, job) == 1
    (again,) = await take(queue)
    assert again.payload == payload
    assert again.entry != job.entry


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(body=st.binary(), job_id=st.binary(min_size=1))
async def test_not_even_bytes_that_are_no_text_change_on_the_way_through_the_delayed_set(queue, body, job_id):
    await queue.redis.flushall()
    await queue.open()
    ticket = {"id": job_id, "attempt": 1, "max_attempts": 3, "reaped": 0, "released": 0, "body": body}
    entry = await add_raw(queue, ticket, consumer="me")
    await queue.transitions.release("me", "normal", entry, delay_ms=1)
    await eventually_async(lambda: promoted(queue))
    ((_, fields),) = await queue.redis.xrange(queue.keys.stream("normal"))
    assert (fields[b"id"], fields[b"body"]) == (job_id, body)


# Promote.


async def delayed_by(queue, tier, **due):
    """Put jobs named by the keywords into the delayed set, due in so many milliseconds from now."""
    now = await server_ms(queue)
    for job_id, milliseconds in due.items():
        job = await started(queue, tier=tier, job_id=job_id)
        await queue.transitions.retry("me", job, HOUR, "it broke")
        (member,) = await queue.redis.zrange(queue.keys.delayed(tier), -1, -1)
        await queue.redis.zadd(queue.keys.delayed(tier), {member: now + milliseconds})


async def test_only_what_is_due_is_promoted_in_the_order_of_its_time(queue, transitions):
    await delayed_by(queue, "normal", third=-10, first=-30, later=60_000, second=-20)
    moved, next_due_ms = await transitions.promote()
    assert [job.id for job in await tickets(queue)] == ["first", "second", "third"]
    assert (moved, 55_000 < next_due_ms <= 60_000) == (3, True)
    assert await counts(queue) == (3, 0, 1, 0, 0)
    assert [(await queue.job(job_id)).state for job_id in ("first", "later")] == ["waiting", "delayed"]


async def test_promotion_goes_through_all_tiers_and_keeps_each_job_in_its_own(queue, transitions):
    for tier in TIERS:
        await delayed_by(queue, tier, **{f"of_{tier}": -1})
    assert await transitions.promote() == (3, -1)
    assert [(await tickets(queue, tier))[0].id for tier in TIERS] == ["of_high", "of_normal", "of_low"]


async def test_the_next_to_be_due_is_the_soonest_of_all_tiers(queue, transitions):
    await delayed_by(queue, "high", slow=90_000)
    await delayed_by(queue, "low", soon=30_000)
    moved, next_due_ms = await transitions.promote()
    assert (moved, 25_000 < next_due_ms <= 30_000) == (0, True)


async def test_nothing_is_promoted_from_nothing(queue, transitions):
    before = await content(queue)
    assert await transitions.promote() == (0, -1)
    assert await content(queue) == before


async def test_promotion_is_bounded_and_says_that_more_is_due(queue, transitions):
    await delayed_by(queue, "normal", a=-3, b=-2, c=-1)
    assert await transitions.promote(limit=2) == (2, 0)
    assert [job.id for job in await tickets(queue)] == ["a", "b"]


async def test_a_delayed_member_that_is_no_ticket_is_buried_and_stops_no_other(queue, transitions, redis):
    await delayed_by(queue, "normal", good=-1)
    bad = [b"no json", b"7", b'["id"]', b"{}", b'["id","x"]', b"\xff\x00"]
    await redis.zadd(queue.keys.delayed("normal"), {member: number for number, member in enumerate(bad)})
    assert await transitions.promote() == (len(bad) + 1, -1)
    assert [job.id for job in await tickets(queue)] == ["good"]
    letters = await dead_letters(queue)
    assert [list(raw_member(letter)) for letter in letters] == [[member] for member in bad]
    assert {letter[b"reason"] for letter in letters} == {b"malformed"}


def raw_member(letter):
    return [text.encode("latin-1") for text in json.loads(letter[b"ticket"].decode("latin-1"))]


# A job's hash only tells of it: what moves the job must not depend on it.


MOVES = {
    "retry": lambda t, job: t.retry("me", job, HOUR, "it broke"),
    "release": lambda t, job: t.release("me", "normal", job.entry),
    "release for a while": lambda t, job: t.release("me", "normal", job.entry, HOUR),
    "bury": lambda t, job: t.bury("me", "normal", job.entry, job.id, "failed", "", ""),
    "reap": lambda t, job: t.reap("normal", job.entry, 1000),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
async def test_a_job_whose_hash_is_no_hash_still_moves_and_is_not_doubled(queue, transitions, redis, move):
    job = await started(queue)
    await silence(queue, job)
    await redis.delete(queue.keys.job(job.id))
    await redis.set(queue.keys.job(job.id), "no hash")
    assert await move(transitions, job) == 1
    assert await pending(queue) == {}
    assert sum(await counts(queue)) == 1
    assert await move(transitions, job) == LOST  # who settled it is not known without a hash


async def test_a_delayed_job_whose_hash_is_no_hash_is_promoted_once(queue, transitions, redis):
    await delayed_by(queue, "normal", j=-1)
    await redis.delete(queue.keys.job("j"))
    await redis.set(queue.keys.job("j"), "no hash")
    assert await transitions.promote() == (1, -1)
    assert await counts(queue) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("end", ["done", "dead", "delayed", "waiting"])
async def test_a_job_whose_hash_was_deleted_can_still_be_asked_for_when_it_has_moved(queue, transitions, redis, end):
    job = await started(queue)
    await silence(queue, job)
    await redis.delete(queue.keys.job(job.id))
    move = {"done": SETTLE["complete"], "dead": MOVES["bury"], "delayed": MOVES["retry"], "waiting": MOVES["reap"]}[end]
    assert await move(transitions, job) in (1, [1])
    assert await state(queue, job) == end


# Heartbeat.


async def test_a_heartbeat_renews_the_very_time_the_reaper_reads(queue, transitions):
    jobs = [await started(queue, tier=tier) for tier in TIERS]
    for job in jobs:
        await silence(queue, job)
    assert await transitions.heartbeat("me", jobs) == [True] * 3
    assert max([await idle_seconds(queue, job) for job in jobs]) < 10


async def test_a_heartbeat_renews_nothing_it_was_not_asked_to(queue, transitions):
    held, unseen = await started(queue), await started(queue)
    await silence(queue, unseen)
    await transitions.heartbeat("me", [held])
    assert await idle_seconds(queue, unseen) >= 3600


async def test_a_heartbeat_too_late_does_not_steal_the_job_back(queue, transitions):
    mine, lost = await started(queue), await started(queue)
    await queue.redis.xclaim(queue.keys.stream("normal"), GROUP, "other", 0, [lost.entry])
    await silence(queue, lost)
    assert await transitions.heartbeat("me", [lost, mine]) == [False, True]
    assert await pending(queue) == {mine.entry: "me", lost.entry: "other"}
    assert await idle_seconds(queue, lost) >= 3600


async def test_a_heartbeat_for_a_deleted_entry_does_no_harm(queue, transitions, redis):
    gone, mine = await started(queue), await started(queue)
    await redis.xdel(queue.keys.stream("normal"), gone.entry)
    await silence(queue, mine)
    assert (await transitions.heartbeat("me", [gone, mine]))[1] is True
    assert await idle_seconds(queue, mine) < 10


# Forget.


async def consumers(queue, tier="normal"):
    return {info["name"].decode() for info in await queue.redis.xinfo_consumers(queue.keys.stream(tier), GROUP)}


async def test_a_consumer_that_holds_nothing_is_forgotten_in_every_tier(queue, transitions):
    for tier in TIERS:
        await take(queue, "gone", tier)
        await take(queue, "other", tier)
    assert await transitions.forget("gone") == 3
    assert [await consumers(queue, tier) for tier in TIERS] == [{"other"}] * 3


async def test_a_consumer_that_holds_something_is_never_forgotten(queue, transitions):
    job = await started(queue, "me")
    assert await transitions.forget("me") == 0
    assert await pending(queue) == {job.entry: "me"}


async def test_a_consumer_that_just_spoke_is_not_forgotten(queue, transitions):
    await take(queue, "me")
    assert await transitions.forget("me", idle_ms=60_000) == 0
    assert await consumers(queue) == {"me"}


async def test_nobody_can_be_forgotten_where_nothing_is(queue, transitions, redis):
    await redis.flushall()
    assert await transitions.forget("me") == 0


# Heads.


async def test_heads_are_the_tiers_with_waiting_jobs_and_the_age_of_the_oldest(queue, transitions, redis):
    now = await server_ms(queue)
    await add_raw(queue, {"id": "never mind"}, tier="high", consumer="me")
    for tier, seconds in {"normal": 30, "low": 50}.items():
        for later in (0, 10):
            await redis.xadd(queue.keys.stream(tier), {"id": "x"}, id=f"{now - (seconds - later) * 1000}-0")
    policy, heads = await transitions.heads()
    assert policy is None
    assert {tier: int(age) for tier, age in heads.items()} == {"normal": 30, "low": 50}
    await redis.xreadgroup(GROUP, "me", {queue.keys.stream("low"): ">"}, count=1)
    assert int((await transitions.heads())[1]["low"]) == 40


async def test_an_entry_from_the_future_has_no_negative_age(queue, transitions, redis):
    await redis.xadd(queue.keys.stream("low"), {"id": "x"}, id=f"{await server_ms(queue) + HOUR}-0")
    assert await transitions.heads() == (None, {"low": 0})


async def test_an_empty_queue_and_a_flushed_server_have_no_heads(queue, transitions, redis):
    assert await transitions.heads() == (None, {})
    await redis.flushall()
    assert await transitions.heads() == (None, {})


# Status and snapshot.


async def test_nothing_is_known_of_an_unknown_job(queue):
    assert await queue.job("nobody") is None


async def test_a_job_whose_entry_was_deleted_behind_our_back_is_lost(queue, redis):
    for tier, deliver in (("high", False), ("low", True)):
        await queue.enqueue("task", job_id=tier, priority=tier)
        if deliver:
            await take(queue, tier=tier)
        (job,) = await tickets(queue, tier)
        await redis.xdel(queue.keys.stream(tier), job.entry)
    assert [(await queue.job("high")).state, (await queue.job("low")).state] == ["lost", "pending"]


async def test_waiting_becomes_pending_by_delivery_alone(queue):
    await queue.enqueue("task", job_id="j")
    before = await queue.redis.hgetall(queue.keys.job("j"))
    await take(queue)
    assert (await queue.job("j")).state == "pending"
    assert await queue.redis.hgetall(queue.keys.job("j")) == before


async def test_a_snapshot_counts_every_place_in_every_tier(queue, transitions, redis):
    for tier in TIERS:
        for end in ("complete", "retry", "bury"):
            await SETTLE[end](transitions, await started(queue, tier=tier))
        await started(queue, tier=tier)
        await queue.enqueue("task", priority=tier)
    now = await queue.snapshot()
    assert [(c.waiting, c.pending, c.delayed) for c in now.tiers.values()] == [(1, 1, 1)] * 3
    assert (now.accepted, now.unsettled, now.done, now.dead, now.retried, now.reaped) == (15, 9, 3, 3, 3, 0)
    assert all(0 <= counts.oldest < 10 for counts in now.tiers.values())


async def test_a_snapshot_of_an_empty_queue_and_of_an_empty_server_is_all_zeros(queue, redis):
    for _ in range(2):
        now = await queue.snapshot()
        assert (await counts(queue), now.accepted) == ((0, 0, 0, 0, 0), 0)
        assert {counts.oldest for counts in now.tiers.values()} == {None}
        await redis.flushall()


# Memory.


@pytest.fixture
async def full(queue, redis):
    """Call it to fill the server's memory up."""
    (limit,) = (await redis.config_get("maxmemory")).values()
    yield lambda: redis.config_set("maxmemory", 1)
    await redis.config_set("maxmemory", limit)


async def test_a_full_server_refuses_jobs_with_nothing_written(queue, full):
    await queue.enqueue("task")
    await full()
    before = await content(queue)
    with pytest.raises(ServerFull):
        await queue.enqueue("task")
    assert await content(queue) == before


async def test_on_a_full_server_what_was_accepted_goes_on(queue, transitions, full):
    jobs = [await started(queue) for _ in range(6)]
    await silence(queue, jobs[4])
    await full()
    assert await transitions.complete("me", [(jobs[0], b"1")], HOUR) == [SETTLED]
    assert await transitions.retry("me", jobs[1], 0, "it broke") == SETTLED
    assert await transitions.promote() == (1, -1)
    assert await transitions.bury("me", "normal", jobs[2].entry, jobs[2].id, "failed", "", "") == SETTLED
    assert await transitions.release("me", "normal", jobs[3].entry) == 1
    assert await transitions.reap("normal", jobs[4].entry, 1000) == 1
    assert await transitions.heartbeat("me", [jobs[5]]) == [True]
    assert await counts(queue) == (3, 1, 0, 1, 1)
    assert len(await take(queue)) == 3
    assert await transitions.forget("nobody") == 0


# Every call is held against the script's own header.


RIGHT = {
    "enqueue": (2 + 2 * 3, 2 * 7), "complete": (5 + 2 * 2, 2 + 2 * 4), "retry": (5, 6), "bury": (4, 7),
    "release": (4, 6), "reap": (3, 4), "promote": (2 + 3 * 2, 2 + 3), "heartbeat": (2, 1 + 2), "forget": (3, 2),
    "heads": (1 + 3, 0), "status": (1, 1), "snapshot": (2 + 3 * 2, 0), "replay": (2, 3), "discard": (2, 2),
    "cancel": (2, 3), "token_bucket": (1, 2), "leaky_bucket": (1, 2),
}  # fmt: skip
ANY_NUMBER = {("heartbeat", 0), ("heartbeat", 1), ("forget", 0), ("heads", 0), ("promote", 1)}


def test_every_script_can_be_called_as_its_method_calls_it():
    assert RIGHT.keys() == SCRIPTS.keys()
    for name, (keys, args) in RIGHT.items():
        SCRIPTS[name].check(["k"] * keys, ["a"] * args)


@pytest.mark.parametrize(
    ("name", "keys", "args"),
    [
        (name, keys + more * (kind == 0), args + more * (kind == 1))
        for name, (keys, args) in RIGHT.items()
        for kind in (0, 1)
        for more in (-1, 1)
        if (name, kind) not in ANY_NUMBER and (keys, args)[kind] + more >= 0
    ],
)
async def test_a_call_that_gives_other_than_the_header_says_is_a_type_error(queue, name, keys, args):
    before = await content(queue)
    with pytest.raises(TypeError, match=rf"{name}\.lua: \d+ (KEYS|ARGV) given"):
        await queue.transitions.run(name, ["k"] * keys, ["a"] * args)
    assert await content(queue) == before


def test_every_script_says_by_its_first_line_whether_it_goes_on_when_memory_is_full():
    first_lines = {name: script.text.split("\n", 1)[0] for name, script in SCRIPTS.items()}
    for name in ("enqueue", "token_bucket", "leaky_bucket"):
        assert first_lines.pop(name) == "#!lua"
    assert all(line.startswith("#!lua flags=allow-oom") for line in first_lines.values())


# Any order of transitions at all, against a model of a few lines.


class Model:
    """Where each job ought to be, beside the real queue. `steps` are what hypothesis may choose from."""

    def __init__(self, queue: Queue):
        self.queue, self.transitions = queue, queue.transitions
        self.place: dict[str, str] = {}
        self.attempt: dict[str, int] = {}
        self.held = []  # (consumer, job), as their workers believe: some have lost the lease

    async def enqueue(self, pick):
        job_id = f"j{pick(8)}"
        await self.queue.enqueue("task", [job_id], priority=TIERS[pick(3)], job_id=job_id, max_attempts=1 + pick(3))
        if job_id not in self.place:
            self.place[job_id], self.attempt[job_id] = "waiting", 1

    async def fetch(self, pick):
        consumer = "ab"[pick(2)]
        for job in await take(self.queue, consumer, TIERS[pick(3)], count=1 + pick(3)):
            assert (self.place[job.id], self.attempt[job.id], job.payload) == ("waiting", job.attempt, [job.id])
            self.place[job.id] = "pending"
            self.held.append((consumer, job))

    async def settle(self, pick):
        if not self.held:
            return
        consumer, job = self.held[pick(len(self.held))]
        mine = await pending(self.queue, job.priority)
        how = ("complete", "retry", "bury", "release", "release for a while", "reap", "heartbeat")[pick(7)]
        before = await content(self.queue)
        reply = await self._settle(how, consumer, job)
        if mine.get(job.entry) != consumer:
            assert reply in (LOST, SETTLED_BEFORE)
            assert await content(self.queue) == before
        elif how != "heartbeat":
            assert reply in (1, 2) if how == "reap" else reply == SETTLED
            self._moved(how, job)

    async def _settle(self, how, consumer, job):
        match how:
            case "complete":
                return (await self.transitions.complete(consumer, [(job, b"1")], HOUR))[0]
            case "retry":
                return await self.transitions.retry(consumer, job, 0, "it broke")
            case "bury":
                return await self.transitions.bury(consumer, job.priority, job.entry, job.id, "failed", "", "")
            case "reap":
                if job.entry in await pending(self.queue, job.priority):
                    await silence(self.queue, job)
                return await self.transitions.reap(job.priority, job.entry, 1000)
            case "heartbeat":
                return int((await self.transitions.heartbeat(consumer, [job]))[0])
            case _:
                delay_ms = HOUR if "while" in how else 0
                return await self.transitions.release(consumer, job.priority, job.entry, delay_ms)

    def _moved(self, how, job):
        last, beyond = job.attempt >= job.max_attempts, job.attempt > job.max_attempts  # no worker retries a last one
        self.attempt[job.id] += how in ("retry", "reap")
        self.place[job.id] = {
            "complete": "done", "retry": "delayed", "bury": "dead", "release": "dead" if beyond else "waiting",
            "release for a while": "dead" if beyond else "delayed", "reap": "dead" if last else "waiting",
        }[how]  # fmt: skip

    async def promote(self, pick):
        for tier in TIERS:  # all of it is due
            members = await self.queue.redis.zrange(self.queue.keys.delayed(tier), 0, -1)
            if members:
                await self.queue.redis.zadd(self.queue.keys.delayed(tier), dict.fromkeys(members, 1))
        limit = 1 + pick(3)
        await self.transitions.promote(limit)
        for job_id, place in self.place.items():
            if place == "delayed" and (await self.queue.job(job_id)).state == "waiting":
                self.place[job_id] = "waiting"

    async def forget(self, pick):
        before = [await pending(self.queue, tier) for tier in TIERS]
        await self.transitions.forget("ab"[pick(2)])
        assert [await pending(self.queue, tier) for tier in TIERS] == before

    steps = (enqueue, enqueue, fetch, fetch, settle, settle, settle, settle, promote, forget)

    async def check(self):
        now, places = await self.queue.snapshot(), list(self.place.values())
        for place in ("waiting", "pending", "delayed"):
            assert now.total(place) == places.count(place)
        assert (now.done, now.dead, now.accepted) == (places.count("done"), places.count("dead"), len(places))
        assert now.accepted == now.unsettled + now.done + now.dead
        assert {job_id: (await self.queue.job(job_id)).state for job_id in self.place} == self.place


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2**16), min_size=5, max_size=5), min_size=20, max_size=60))
async def test_whatever_happens_in_whatever_order_every_job_is_in_exactly_one_place(queue, choices):
    await queue.redis.flushall()
    await queue.open()
    model = Model(queue)
    for step, *numbers in choices:
        draw = iter(numbers)
        await Model.steps[step % len(Model.steps)](model, lambda n, draw=draw: next(draw) % n)
        await model.check()


async def test_an_entry_written_by_a_script_can_be_read_by_a_worker(queue, transitions):
    """Lua and Python spell a ticket's fields the same way."""
    job = await started(queue)
    await requeue_by_retry(queue, job)
    ((entry, fields),) = await queue.redis.xrange(queue.keys.stream("normal"))
    assert decode_ticket("normal", entry, fields).id == job.id
    assert set(fields) == {b"id", b"attempt", b"max_attempts", b"reaped", b"released", b"body"}
