"""Dead letters are listed in pages and shown one by one, even if their records are broken."""

import msgspec
import pytest
from burying import bury

from jobqueue.dead import LAST_ID, PAGE


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


async def test_two_letters_of_the_same_millisecond_are_told_apart(queue):
    for number in range(3):
        fields = {"id": f"j{number}", "tier": "low", "reason": "failed", "ticket": "[]"}
        await queue.redis.xadd(queue.keys.dead, fields, id=f"1700000000000-{number}")
    shown = [await queue.dead.show(f"1700000000000-{number}") for number in range(3)]
    assert [letter.job_id for letter in shown] == ["j0", "j1", "j2"]


ODD = [
    b"",
    b"\xff\xfe",
    b"null",
    b"7",
    b"{}",
    b"[1,null]",
    b'["id",{},"x"]',
    b'["\\ud800"]',
    b"[" * 100_000,
    b'{"attempt":1}',
    b'{"attempt":1,"worker":"w","outcome":"failed","error":"","ended_ms":1e300}',
    b"9" * 5000,
    b"\n\n",
    b"a\rb",
]


@pytest.mark.parametrize("field", ["id", "tier", "entry", "reason", "error", "traceback", "worker", "ticket", None])
async def test_a_broken_letter_hides_no_other_and_can_be_shown_and_discarded(queue, field):
    [job_id] = await bury(queue, 1)
    [(_, fields)] = await queue.redis.xrange(queue.keys.dead)
    for odd in ODD:
        broken = fields | ({field.encode(): odd} if field else {odd: odd})
        await queue.redis.xadd(queue.keys.dead, broken)
    del fields[field.encode() if field else b"id"]
    await queue.redis.xadd(queue.keys.dead, fields)
    [whole, *broken] = await queue.dead.list()
    assert (whole.job_id, len(broken)) == (job_id, len(ODD) + 1)
    assert [await queue.dead.show(letter.letter) for letter in broken] == broken
    assert all(msgspec.json.encode(letter) for letter in broken)
    if field == "ticket":
        assert [letter.raw for letter in broken[:2]] == [[b""], [b"\xff\xfe"]]
    assert await queue.dead.discard(*(letter.letter for letter in broken)) == len(broken)
    assert [letter.letter for letter in await queue.dead.list()] == [whole.letter]


@pytest.mark.parametrize("field", ["history", "replays", "state", "reason", "tier"])
async def test_a_dead_job_can_be_asked_for_although_its_hash_is_broken(queue, field):
    ids = await bury(queue, len(ODD) + 1)
    for job_id, odd in zip(ids, ODD, strict=False):
        await queue.redis.hset(queue.keys.job(job_id), field, odd)
    letters = await queue.dead.list()
    assert [letter.job_id for letter in letters] == ids
    assert [len(letter.history) for letter in letters[-2:]] == [0 if field == "history" else 1, 1]
    assert all([msgspec.json.encode(await queue.job(job_id)) for job_id in ids])
    assert await queue.dead.replay_all() == len(ids)


async def test_a_letter_may_be_dated_after_the_year_9999(queue):
    await queue.redis.xadd(queue.keys.dead, {"id": "x"}, id=f"{2**64 - 2}-7")
    [letter] = await queue.dead.list()
    assert letter.died_at.year == 9999
    assert await queue.dead.discard(letter.letter) == 1


async def test_a_letter_with_the_last_possible_id_is_a_letter_like_others(queue):
    for n in [*range(PAGE - 1), None]:
        await queue.redis.xadd(queue.keys.dead, {"id": f"j{n}"}, id="*" if n is not None else LAST_ID)
    assert [letter.letter for letter in await queue.dead.list()][-1] == LAST_ID
    assert await queue.dead.list(after=LAST_ID) == []
    assert (await queue.dead.show(LAST_ID)).letter == LAST_ID
    assert await queue.dead.replay_all() == 0  # none of them is a job of ours
    assert await queue.dead.discard_all() == PAGE
