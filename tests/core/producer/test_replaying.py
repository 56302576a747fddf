"""A dead job that is replayed gets a new life; one that can be no job stays where it is."""

import asyncio
import json

import pytest
from burying import bury, counts, hang_never, letters, work

from jobqueue.dead import PAGE
from steps import add_raw, content, started, take, tickets


# F58
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


async def test_one_letter_some_or_all_are_replayed_and_the_others_stay(queue):
    ids = await bury(queue, 6)
    all_letters = await letters(queue)
    assert await queue.dead.replay(all_letters[1]) == 1
    assert await queue.dead.replay(all_letters[1], all_letters[3], "1-1", all_letters[4]) == 2
    assert await letters(queue) == [all_letters[0], all_letters[2], all_letters[5]]
    assert await counts(queue) == (3, 3, 0, 3)
    assert await queue.dead.replay_all() == 3
    assert [job.id for job in await take(queue)] == [ids[n] for n in (1, 3, 4, 0, 2, 5)]


async def test_hundreds_of_letters_are_replayed_except_those_that_can_be_no_job(queue):
    ids = await bury(queue, PAGE + 30)
    await add_raw(queue, {"not": "a job"})
    await work(queue, {})
    ids += await bury(queue, PAGE - 10)
    assert await queue.dead.replay_all() == len(ids)
    [stays] = await queue.dead.list()
    assert stays.reason == "malformed"
    assert await counts(queue) == (len(ids), 1, 0, len(ids))
    assert {job.id for job in await take(queue, count=1000)} == set(ids)


async def test_a_job_that_dies_while_all_are_replayed_is_not_replayed_with_them(queue):
    """Otherwise a replay of jobs that die at once would go on forever."""
    await bury(queue, 5)
    run, replays = queue.transitions.run, []

    async def run_and_die(script, *each, **values):
        replies = await run(script, *each, **values)
        if script == "replay":
            replays.append(replies)
            for job in await take(queue):
                await queue.transitions.bury("me", "normal", job.entry, job.id, "failed", "", "")
        return replies

    queue.dead.transitions.run = run_and_die
    assert await queue.dead.replay_all() == 5
    assert (len(replays), (await queue.snapshot()).dead) == (2, 5)


# F58
async def test_one_of_many_replays_of_a_letter_succeeds(queue):
    await bury(queue, 20)
    all_letters = await letters(queue)
    replies = await asyncio.gather(*(queue.dead.replay(*all_letters) for _ in range(5)), queue.dead.replay_all())
    assert sum(replies) == 20
    assert await counts(queue) == (20, 0, 0, 20)
    assert len({job.id for job in await tickets(queue)}) == 20


async def test_a_replay_or_a_discard_of_the_same_letter_succeeds_but_not_both(queue):
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
async def test_a_letter_that_is_no_job_of_the_queue_is_not_replayed_and_counted_once(queue, fields):
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


async def test_a_job_whose_entry_was_deleted_while_it_ran_cannot_be_replayed(queue):
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


async def test_a_dead_letter_takes_no_place_in_its_tier_but_keeps_its_id(queue):
    [job_id] = await bury(queue)
    assert await queue.enqueue("task", job_id=job_id) == job_id
    assert await counts(queue) == (0, 1, 0, 0)


# F66
@pytest.mark.parametrize("verb", ["replay", "discard"])
async def test_replaying_or_discarding_hundreds_takes_one_script_per_hundred(queue, verb):
    for n in range(3 * PAGE):
        ticket = json.dumps(["id", f"j{n}", "attempt", "3", "max_attempts", "3", "reaped", "0", "body", BODY.decode()])
        await queue.redis.xadd(queue.keys.dead, {"id": f"j{n}", "tier": "low", "reason": "failed", "ticket": ticket})
    await queue.redis.config_resetstat()
    assert await getattr(queue.dead, f"{verb}_all")() == 3 * PAGE
    stats = await queue.redis.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] <= 4


async def test_a_letter_that_cannot_be_replayed_is_logged_and_stops_no_other(queue, caplog):
    ids = await bury(queue, 2) + await bury(queue, 1, tier="low")
    await queue.redis.delete(queue.keys.stream("low"))
    await queue.redis.set(queue.keys.stream("low"), "text")
    assert await queue.dead.replay_all() == 2
    [stays] = await queue.dead.list()
    assert stays.job_id == ids[2]
    assert f"the dead letter {stays.letter} stays: WRONGTYPE" in caplog.text
