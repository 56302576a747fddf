"""Any payload comes out of the queue as it went in, through every transition."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import eventually_async
from jobqueue import Worker
from steps import promoted, silence, take

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.just([])
    | st.just({}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


async def through_everything(queue, payload):
    """A payload that waits, is delayed, retried, released, reaped, dead and replayed; and its result."""
    await queue.redis.flushall()
    await queue.open()
    await queue.enqueue("task", payload, job_id="j", delay=0.001, max_attempts=3)
    await eventually_async(lambda: promoted(queue))
    moves = [
        lambda job: queue.transitions.retry("me", job, 0, "it broke"),
        lambda job: queue.transitions.release("me", "normal", job.entry),
        lambda job: queue.transitions.release("me", "normal", job.entry, 1),
        lambda job: reap(queue, job),
        lambda job: queue.transitions.bury("me", "normal", job.entry, "j", "failed", "", ""),
    ]
    for move in moves:
        (job,) = await take(queue)
        assert (job.payload, type(job.payload)) == (payload, type(payload))
        assert await move(job) == 1
        await eventually_async(lambda: in_sight(queue))
    [letter] = await queue.dead.list()
    assert letter.payload == payload
    assert await queue.dead.replay_all() == 1
    await Worker(queue, {"task": lambda job: job.payload}).run_until_idle()
    result = await queue.result("j")
    assert (result, type(result)) == (payload, type(payload))


async def in_sight(queue):
    await queue.transitions.promote()
    return not (await queue.snapshot()).total("delayed")


async def reap(queue, job):
    await silence(queue, job)
    return await queue.transitions.reap("normal", job.entry, 1000)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value, {}]
    return value


DIFFICULT = [
    2**64 + 1,
    -(2**200),
    [],
    {},
    [[], {}],
    'žluť\0\x7f\u2028/"\\ 🐎',
    nested(200),
    5e-324,
    1e308,
    {"": {"": []}},
]


@pytest.mark.parametrize("payload", DIFFICULT, ids=range(len(DIFFICULT)))
async def test_a_difficult_payload_comes_out_as_it_went_in(queue, payload):
    await through_everything(queue, payload)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
async def test_any_payload_comes_out_as_it_went_in(queue, payload):
    await through_everything(queue, payload)
