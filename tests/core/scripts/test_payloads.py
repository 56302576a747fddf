"""No script changes a byte of a payload."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import eventually_async
from jobqueue.job import decode_ticket
from steps import add_raw, promoted, silence, started, take


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(body=st.binary(), job_id=st.binary(min_size=1))
async def test_bytes_that_are_not_text_pass_through_the_delayed_set_unchanged(queue, body, job_id):
    await queue.redis.flushall()
    await queue.open()
    ticket = {"id": job_id, "attempt": 1, "max_attempts": 3, "reaped": 0, "released": 0, "body": body}
    entry = await add_raw(queue, ticket, consumer="me")
    await queue.transitions.release("me", "normal", entry, delay_ms=1)
    await eventually_async(lambda: promoted(queue))
    ((_, fields),) = await queue.redis.xrange(queue.keys.stream("normal"))
    assert (fields[b"id"], fields[b"body"]) == (job_id, body)


async def test_an_entry_written_by_a_script_can_be_read_by_a_worker(queue, transitions):
    """Lua and Python spell a ticket's fields the same way."""
    job = await started(queue)
    await requeue_by_retry(queue, job)
    ((entry, fields),) = await queue.redis.xrange(queue.keys.stream("normal"))
    assert decode_ticket("normal", entry, fields).id == job.id
    assert set(fields) == {b"id", b"attempt", b"max_attempts", b"reaped", b"released", b"lost", b"body"}
