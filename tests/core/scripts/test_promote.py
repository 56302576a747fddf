"""The script promote: delayed jobs whose time has come wait in their tiers again, in the order of their times."""

import json

from jobqueue.keys import TIERS
from steps import content, counts, dead_letters, delayed_by, tickets


async def test_only_due_jobs_are_promoted_in_the_order_of_their_times(queue, transitions):
    await delayed_by(queue, "normal", third=-10, first=-30, later=60_000, second=-20)
    moved, next_due_ms, _ = await transitions.promote()
    assert [job.id for job in await tickets(queue)] == ["first", "second", "third"]
    assert (moved, 55_000 < next_due_ms <= 60_000) == (3, True)
    assert await counts(queue) == (3, 0, 1, 0, 0)
    assert [(await queue.job(job_id)).state for job_id in ("first", "later")] == ["waiting", "delayed"]


async def test_promotion_goes_through_all_tiers_and_keeps_each_job_in_its_own(queue, transitions):
    for tier in TIERS:
        await delayed_by(queue, tier, **{f"of_{tier}": -1})
    assert await transitions.promote() == (3, -1, [])
    assert [(await tickets(queue, tier))[0].id for tier in TIERS] == ["of_high", "of_normal", "of_low"]


async def test_the_next_to_be_due_is_the_soonest_of_all_tiers(queue, transitions):
    await delayed_by(queue, "high", slow=90_000)
    await delayed_by(queue, "low", soon=30_000)
    moved, next_due_ms, _ = await transitions.promote()
    assert (moved, 25_000 < next_due_ms <= 30_000) == (0, True)


async def test_an_empty_delayed_set_promotes_nothing(queue, transitions):
    before = await content(queue)
    assert await transitions.promote() == (0, -1, [])
    assert await content(queue) == before


# F66
async def test_promotion_is_bounded_and_says_that_more_is_due(queue, transitions):
    await delayed_by(queue, "normal", a=-3, b=-2, c=-1)
    assert await transitions.promote(limit=2) == (2, 0, [])
    assert [job.id for job in await tickets(queue)] == ["a", "b"]


async def test_a_delayed_member_that_is_no_ticket_is_buried_and_stops_no_other(queue, transitions, redis):
    await delayed_by(queue, "normal", good=-1)
    whole = ["id", "x", "attempt", "1", "max_attempts", "3", "reaped", "0", "released", "0", "body", "{}"]
    bad = [b"no json", b"7", b'["id"]', b"{}", b'["id","x"]', b"\xff\x00"]
    for odd in ({}, [], ["x"], 1, 1.5, True, None):  # of another type, in place of each text
        bad += [json.dumps([*whole[:n], odd, *whole[n + 1 :]]).encode() for n in range(len(whole))]
    await redis.zadd(queue.keys.delayed("normal"), {member: number for number, member in enumerate(bad)})
    assert await transitions.promote() == (len(bad) + 1, -1, [])
    assert [job.id for job in await tickets(queue)] == ["good"]
    letters = await dead_letters(queue)
    assert [list(raw_member(letter)) for letter in letters] == [[member] for member in bad]
    assert {letter[b"reason"] for letter in letters} == {b"malformed"}


# F41
async def test_a_tier_that_cannot_take_its_jobs_back_holds_up_no_other(queue, transitions, redis):
    for tier in TIERS:
        await delayed_by(queue, tier, **{f"of_{tier}": -1})
    await redis.delete(queue.keys.stream("high"), queue.keys.delayed("low"))
    for key in (queue.keys.stream("high"), queue.keys.delayed("low")):
        await redis.set(key, "text")
    moved, next_due_ms, failures = await transitions.promote()
    assert (moved, next_due_ms, [str(one)[:9] for one in failures]) == (1, 0, ["WRONGTYPE"] * 2)
    assert [job.id for job in await tickets(queue)] == ["of_normal"]
    await redis.delete(queue.keys.stream("high"), queue.keys.delayed("low"))
    assert await transitions.promote() == (1, -1, [])


def raw_member(letter):
    return [text.encode("latin-1") for text in json.loads(letter[b"ticket"].decode("latin-1"))]
