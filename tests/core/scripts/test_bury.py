"""The script bury: a job that can't go on becomes a dead letter, with the bytes that it had."""

import json

from jobqueue.scripts import SETTLED, SETTLED_BEFORE
from steps import RAW, add_raw, content, counts, dead_letters, raw_bytes, started


async def test_a_buried_job_keeps_everything_that_you_need_to_judge_it(queue, transitions):
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


async def test_a_dead_jobs_hash_stays_until_it_is_replayed_or_discarded(queue, transitions, redis):
    job = await started(queue)
    await transitions.bury("me", "normal", job.entry, job.id, "failed", "", "")
    assert await redis.pttl(queue.keys.job(job.id)) == -1


async def test_burying_again_after_a_lost_reply_adds_no_second_letter(queue, transitions):
    job = await started(queue)
    await transitions.bury("me", "normal", job.entry, job.id, "failed", "", "")
    before = await content(queue)
    assert await transitions.bury("me", "normal", job.entry, job.id, "failed", "", "") == SETTLED_BEFORE
    assert await content(queue) == before


async def test_a_malformed_entry_is_buried_with_its_bytes_as_they_were(queue, transitions):
    entry = await add_raw(queue, RAW, consumer="me")
    assert await transitions.bury("me", "normal", entry, "", "malformed", "no id", "") == SETTLED
    (letter,) = await dead_letters(queue)
    assert raw_bytes(letter) == RAW
    assert (letter[b"id"], letter[b"entry"]) == (b"", entry.encode())
    assert await counts(queue) == (0, 0, 0, 0, 1)
    assert await queue.redis.keys("*job:*") == []
