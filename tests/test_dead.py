"""Dead letters: how a job gets there and what is told of it, the way back, and what is thrown away."""

import asyncio
import random
import re
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from helpers import eventually_async
from jobqueue import NewJob, Reject, RetryLater, Worker
from jobqueue.dead import PAGE
from jobqueue.scripts import HISTORY_BYTES
from steps import add_raw, content, silence, started, take, tickets
from test_worker import Hasty, end_all, start_worker, working

HOUR = 3_600_000


async def bury(queue, count=1, tier="normal", reason="failed", **options):
    """So many dead jobs; returns their ids."""
    ids = []
    for _ in range(count):
        job = await started(queue, tier=tier, **options)
        assert await queue.transitions.bury("me", tier, job.entry, job.id, reason, "it broke", "Traceback …") == 1
        ids.append(job.id)
    return ids


async def work(queue, handlers, **options):
    """Let one worker run until there is nothing left; delayed jobs come back at once."""

    async def promote():
        while True:
            await queue.transitions.promote()
            await asyncio.sleep(0.01)

    promoting = asyncio.create_task(promote())
    async with asyncio.timeout(15):
        await Worker(queue, handlers, **{"rng": Hasty()} | options).run_until_idle()
    promoting.cancel()


async def letters(queue):
    return [letter.letter for letter in await queue.dead.list()]


async def counts(queue):
    """(waiting, dead, discarded, replayed) and whether the books are balanced."""
    now = await queue.snapshot()
    replayed = int(await queue.redis.hget(queue.keys.totals, "replayed") or 0)
    ends = now.unsettled + now.done + now.dead + now.discarded + now.cancelled
    assert now.accepted + now.foreign == ends
    return now.total("waiting"), now.dead, now.discarded, replayed


# What is told of a job.


async def test_a_dead_job_is_shown_with_all_one_needs_to_judge_it(queue):
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


async def test_the_history_of_a_job_that_comes_back_for_ever_keeps_its_latest_lives(queue):
    [job_id] = await bury(queue, job_id="undead")
    for _ in range(150):
        assert await queue.dead.replay(*await letters(queue)) == 1
        (job,) = await take(queue)
        await queue.transitions.bury("me", "normal", job.entry, job.id, "failed", "x" * 1000, "")
    [letter] = await queue.dead.list()
    assert await queue.redis.hstrlen(queue.keys.job(job_id), "history") <= HISTORY_BYTES
    assert len(letter.history) >= 20 and letter.history[-1].ended_ms >= letter.history[0].ended_ms
    assert letter.replays == 150


async def test_the_history_names_each_worker_also_one_that_fell_silent(queue):
    job = await started(queue, "ada", job_id="j", max_attempts=3)
    await silence(queue, job)
    await queue.transitions.reap("normal", job.entry, 1000)
    (again,) = await take(queue, "ben")
    await queue.transitions.retry("ben", again, 0, "it broke")
    await queue.transitions.promote()
    (last,) = await take(queue, "cleo")
    await silence(queue, last)
    assert await queue.transitions.reap("normal", last.entry, 1000) == 2
    [letter] = await queue.dead.list()
    assert [(line.attempt, line.worker, line.outcome) for line in letter.history] == [
        (1, "ada", "lease ran out"), (2, "ben", "retried"), (3, "cleo", "lease ran out"),
    ]  # fmt: skip
    assert (letter.reason, letter.worker) == ("lease ran out", "cleo")


async def test_a_job_that_outlasted_every_drain_is_told_as_such(queue):
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
async def test_each_way_to_die_is_told_apart_and_its_neighbours_live(queue, handler, reason, error, attempts):
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
    assert letter.error == f"no heartbeat from {letter.worker} for a lease"


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
async def test_nonsense_asked_for_by_retry_later_is_an_ordinary_failure(queue, seconds):
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
async def test_a_number_of_attempts_that_would_never_be_used_up_is_malformed_everywhere(queue, attempt):
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


async def hang_never(job):
    return 1


# Finding one's way among them.


async def test_letters_are_listed_from_the_oldest_in_pages(queue):
    ids = await bury(queue, 25)
    found, page = [], await queue.dead.list(limit=10)
    while page:
        assert len(page) <= 10
        found += page
        page = await queue.dead.list(limit=10, after=page[-1].letter)
    assert [letter.job_id for letter in found] == ids
    assert [letter.job_id for letter in await queue.dead.list()] == ids


async def test_an_empty_list_and_a_letter_that_is_gone(queue):
    assert await queue.dead.list() == []
    assert await queue.dead.show("1700000000000-0") is None
    assert (await queue.dead.replay("1700000000000-0"), await queue.dead.discard("1700000000000-0")) == (0, 0)
    assert (await queue.dead.replay(), await queue.dead.replay_all(), await queue.dead.discard_all()) == (0, 0, 0)


async def test_one_is_shown_and_not_its_neighbour_although_they_died_in_the_same_millisecond(queue):
    for number in range(3):
        fields = {"id": f"j{number}", "tier": "low", "reason": "failed", "ticket": "[]"}
        await queue.redis.xadd(queue.keys.dead, fields, id=f"1700000000000-{number}")
    shown = [await queue.dead.show(f"1700000000000-{number}") for number in range(3)]
    assert [letter.job_id for letter in shown] == ["j0", "j1", "j2"]


# The way back.


async def test_a_replayed_job_has_another_life_and_its_history_goes_on(queue):
    lives = []

    async def third_life(job):
        lives.append(job.attempt)
        if len(lives) < 5:
            raise ValueError("not yet")
        return "at last"

    await queue.enqueue("task", [7], priority="high", job_id="j", max_attempts=2)
    for replays in (0, 1):
        await work(queue, {"task": third_life})
        [letter] = await queue.dead.list()
        assert (letter.replays, len(letter.history)) == (replays, 2 * replays + 2)
        assert await queue.dead.replay(letter.letter) == 1
        assert await counts(queue) == (1, 0, 0, replays + 1)
        [job] = await tickets(queue, "high")
        assert (job.id, job.payload, job.attempt, job.max_attempts, job.reaped) == ("j", [7], 1, 2, False)
        status = await queue.job("j")
        assert (status.state, status.reason) == ("waiting", None)
    await work(queue, {"task": third_life})
    assert lives == [1, 2, 1, 2, 1]
    assert ((await queue.job("j")).state, (await queue.job("j")).result) == ("done", "at last")
    assert await counts(queue) == (0, 0, 0, 2)


async def test_one_some_or_all_are_replayed_and_the_others_stay(queue):
    ids = await bury(queue, 6)
    all_letters = await letters(queue)
    assert await queue.dead.replay(all_letters[1]) == 1
    assert await queue.dead.replay(all_letters[1], all_letters[3], "1-1", all_letters[4]) == 2
    assert await letters(queue) == [all_letters[0], all_letters[2], all_letters[5]]
    assert await counts(queue) == (3, 3, 0, 3)
    assert await queue.dead.replay_all() == 3
    assert [job.id for job in await take(queue)] == [ids[n] for n in (1, 3, 4, 0, 2, 5)]


async def test_hundreds_are_replayed_but_not_what_can_be_no_job(queue):
    ids = await bury(queue, PAGE + 30)
    await add_raw(queue, {"not": "a job"})
    await work(queue, {})
    ids += await bury(queue, PAGE - 10)
    assert await queue.dead.replay_all() == len(ids)
    [stays] = await queue.dead.list()
    assert stays.reason == "malformed"
    assert await counts(queue) == (len(ids), 1, 0, len(ids))
    assert {job.id for job in await take(queue, count=1000)} == set(ids)


async def test_what_dies_while_all_are_replayed_is_not_replayed_with_them(queue):
    """Else a replay of jobs that die at once would go on for ever."""
    await bury(queue, 5)
    replay, replayed = queue.dead.replay, []

    async def replay_and_die(*letters):
        replayed.extend(letters)
        count = await replay(*letters)
        for job in await take(queue):
            await queue.transitions.bury("me", "normal", job.entry, job.id, "failed", "", "")
        return count

    queue.dead.replay = replay_and_die
    assert await queue.dead.replay_all() == 5
    assert (len(replayed), (await queue.snapshot()).dead) == (5, 5)


async def test_of_many_who_replay_one_succeeds(queue):
    await bury(queue, 20)
    all_letters = await letters(queue)
    replies = await asyncio.gather(*(queue.dead.replay(*all_letters) for _ in range(5)), queue.dead.replay_all())
    assert sum(replies) == 20
    assert await counts(queue) == (20, 0, 0, 20)
    assert len({job.id for job in await tickets(queue)}) == 20


async def test_of_one_who_replays_and_one_who_discards_one_succeeds(queue):
    await bury(queue, 20)
    all_letters = await letters(queue)
    replayed, discarded = await asyncio.gather(queue.dead.replay(*all_letters), queue.dead.discard(*all_letters))
    assert replayed + discarded == 20
    assert await counts(queue) == (replayed, 0, discarded, replayed)


BODY = b'{"task":"task","payload":1,"timeout":60,"enqueued_at":0}'


@pytest.mark.parametrize(
    "fields",
    [
        {"not": "a job"},
        {"id": "x", "attempt": 1, "max_attempts": 3, "reaped": 0, "released": 0, "body": "no json"},
        {"id": "", "attempt": 1, "max_attempts": 3, "reaped": 0, "released": 0, "body": BODY},
        {"id": b"\xff", "attempt": 1, "max_attempts": 3, "reaped": 0, "released": 0, "body": BODY},
    ],
    ids=["no ticket", "no body", "no id", "no text"],
)
async def test_what_is_no_job_of_ours_is_not_replayed_and_counted_once(queue, fields):
    """A malformed entry would come back at once, and each time as one more."""
    await add_raw(queue, fields)
    await work(queue, {"task": hang_never})
    before = await content(queue)
    [letter] = await queue.dead.list()
    assert (await queue.dead.replay(letter.letter), await queue.dead.replay_all()) == (0, 0)
    assert await content(queue) == before
    assert (await queue.snapshot()).foreign == 1
    assert await queue.dead.discard(letter.letter) == 1
    assert await counts(queue) == (0, 0, 1, 0)


async def test_what_was_deleted_while_it_ran_cannot_be_replayed(queue):
    job = await started(queue)
    await queue.redis.xdel(queue.keys.stream("normal"), job.entry)
    await queue.transitions.retry("me", job, 0, "it broke")
    [letter] = await queue.dead.list()
    assert letter.raw == []
    assert await queue.dead.replay_all() == 0
    assert await counts(queue) == (0, 1, 0, 0)


async def test_a_replayed_job_can_be_waited_for_again(queue):
    [job_id] = await bury(queue, 1, payload=4)
    await queue.dead.replay_all()
    waiting = asyncio.create_task(queue.result(job_id, timeout=10))
    await work(queue, {"task": hang_never})
    assert await waiting == 1


async def test_a_dead_letter_does_not_take_up_its_tiers_capacity_but_its_id(queue):
    [job_id] = await bury(queue)
    assert await queue.enqueue("task", job_id=job_id) == job_id
    assert await counts(queue) == (0, 1, 0, 0)


# Throwing away.


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


async def test_hundreds_are_discarded(queue):
    await bury(queue, 2 * PAGE + 5)
    await queue.enqueue_many([NewJob("task")])
    assert await queue.dead.discard_all() == 2 * PAGE + 5
    assert await counts(queue) == (1, 0, 2 * PAGE + 5, 0)
    assert len(await queue.redis.keys("*job:*")) == 1
