"""A job's way through JSON and a ticket: what goes in comes out, and what would not is refused in so many words."""

import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobqueue import BadJob, BadSetting, NewJob, PayloadTooLarge, Queue
from jobqueue.job import Malformed, decode_ticket, encode_result
from jobqueue.keys import TIERS, Keys
from jobqueue.policies import CAP_SECONDS, backoff

LIMIT = 262_144
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


def encode(payload=None, *, task="resize", timeout=60.0, limit=LIMIT):
    return NewJob(task, payload, timeout=timeout).ticket(limit)["body"]


def fields(**changes):
    """A ticket's fields as they come from Redis, with `changes`; None takes a field away."""
    whole = {"id": b"j1", "attempt": b"2", "max_attempts": b"3", "reaped": b"1", "released": b"0", "body": encode([7])}
    return {name.encode(): value for name, value in (whole | changes).items() if value is not None}


def through(payload):
    return decode_ticket("high", b"5-0", fields(body=encode(payload))).payload


def test_a_job_comes_out_as_it_went_in():
    before = time.time()
    job = decode_ticket("low", b"1700000000000-3", fields())
    assert (job.id, job.task, job.payload, job.priority) == ("j1", "resize", [7], "low")
    assert (job.attempt, job.max_attempts, job.timeout, job.reaped) == (2, 3, 60.0, True)
    assert job.entry == "1700000000000-3"
    assert before <= job.enqueued_at <= time.time()


@given(JSON)
def test_any_plain_json_payload_survives(payload):
    assert through(payload) == payload


@pytest.mark.parametrize(
    "payload",
    [None, [], {}, [[], {}], "", "\0", "žlutý kůň 🐎", 2**63, -(2**64), 10**400, 1e308, 5e-324, {"": ""}, {"\0": [{}]}],
)
def test_what_json_carries_badly_elsewhere_survives(payload):
    assert through(payload) == payload
    assert type(through(payload)) is type(payload)


@pytest.mark.parametrize(
    "payload",
    [math.nan, math.inf, [-math.inf], (1, 2), {"a": (1,)}, {1: 2}, b"bytes", {1, 2}],
    ids=["NaN", "infinity", "infinity within", "tuple", "tuple within", "number as key", "bytes", "set"],
)
def test_what_would_come_out_changed_is_refused(payload):
    with pytest.raises(BadJob, match="JSON would change the payload of 'resize'"):
        encode(payload)


def too_deep():
    nested = []
    for _ in range(10_000):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "payload",
    [object(), {None: 1}, "lone \ud800", {"\udcff": 1}, too_deep(), [print]],
    ids=["object", "None as key", "surrogate", "surrogate as key", "too deep", "function"],
)
def test_what_json_cannot_carry_is_refused(payload):
    with pytest.raises(BadJob, match="'resize' is not plain JSON data"):
        encode(payload)


@pytest.mark.parametrize("task", ["", None, 7, b"resize"])
def test_a_task_is_the_name_of_a_handler(task):
    with pytest.raises(BadJob, match="task must be the name of a handler"):
        encode(task=task)


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf, None, "60", True, 10**400])
def test_a_timeout_is_a_positive_number_of_seconds(timeout):
    with pytest.raises(BadJob, match="timeout must be a positive number of seconds"):
        encode(timeout=timeout)


# F09
def test_the_size_limit_counts_the_encoded_job_and_is_exact(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.25)
    size = len(encode("x" * 1000))
    encode("x" * 1000, limit=size)
    with pytest.raises(PayloadTooLarge, match=rf"a job of {size:,} bytes, the limit is {size - 1:,}"):
        encode("x" * 1000, limit=size - 1)


def test_a_result_is_kept_as_json():
    assert encode_result({"words": [1, 2]}, LIMIT) == b'{"words":[1,2]}'


def test_a_result_that_is_too_large_or_no_json_is_an_error():
    with pytest.raises(ValueError, match="the result is 102 bytes, the limit is 101"):
        encode_result("x" * 100, 101)
    with pytest.raises(TypeError):
        encode_result(object(), LIMIT)


# F08
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": None}, "the field id is missing"),
        ({"attempt": None}, "the field attempt is missing"),
        ({"max_attempts": None}, "the field max_attempts is missing"),
        ({"reaped": None}, "the field reaped is missing"),
        ({"body": None}, "the field body is missing"),
        ({"id": b"\xff"}, "utf-8"),
        ({"attempt": b"many"}, "numbers of attempts"),
        ({"attempt": b"1.5"}, "numbers of attempts"),
        ({"max_attempts": b""}, "numbers of attempts"),
        ({"max_attempts": b"9" * 5000}, "numbers of attempts"),
        ({"body": b""}, "truncated"),
        ({"body": b"\x80\x04pickle"}, "malformed"),
        ({"body": b"{}"}, "missing required field"),
        ({"body": b"[1]"}, "Expected `object`"),
        ({"body": b'{"task":7,"payload":1,"timeout":1,"enqueued_at":1}'}, r"\$\.task"),
        ({"body": b'{"task":"t","payload":1,"timeout":"1","enqueued_at":1}'}, r"\$\.timeout"),
        ({"body": b'{"task":"t","payload":"\xff","timeout":1,"enqueued_at":1}'}, "(?i)utf-8"),
        ({"body": b'{"task":"t","timeout":1,"enqueued_at":1,"payload":' + b"[" * 100_000}, "recursion"),
    ],
)
def test_an_entry_that_is_no_ticket_is_malformed_and_says_why(changes, why):
    with pytest.raises(Malformed, match=why):
        decode_ticket("high", b"5-0", fields(**changes))


def test_an_entry_deleted_while_pending_is_malformed():
    with pytest.raises(Malformed, match="deleted while it was pending"):
        decode_ticket("high", b"5-0", None)


@given(st.dictionaries(st.sampled_from(list(fields())), st.binary()))
def test_no_bytes_at_all_raise_anything_but_malformed(changes):
    try:
        decode_ticket("high", b"5-0", fields() | changes)
    except Malformed as error:
        assert error.args[0]


def test_priority_is_a_tier():
    tickets = [NewJob("task", priority=tier).ticket(LIMIT) for tier in TIERS]
    assert [ticket["tier"] for ticket in tickets] == ["high", "normal", "low"]
    with pytest.raises(BadJob, match="one of high, normal, low, not 'urgent'"):
        NewJob("task", priority="urgent").ticket(LIMIT)


# The queue's own words with a producer.


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"priority": "urgent"}, "priority"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": 1001}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"max_attempts": 2.0}, "max_attempts"),
        ({"job_id": ""}, "job_id"),
        ({"job_id": "x" * 201}, "job_id"),
        ({"job_id": 7}, "job_id"),
        ({"job_id": "lone \ud800"}, "job_id"),
        ({"timeout": 0}, "timeout"),
        ({"payload": math.nan}, "payload"),
        ({"payload": "x" * LIMIT}, "payload"),
    ],
)
async def test_a_bad_job_is_refused_with_nothing_written(queue, options, why):
    with pytest.raises(BadJob, match=why):
        await queue.enqueue("task", **options)
    snapshot = await queue.snapshot()
    assert (snapshot.accepted, snapshot.unsettled) == (0, 0)
    assert await queue.redis.keys("*job:*") == []


@pytest.mark.parametrize("ttl", [0, -1, math.nan, math.inf, 1e300])
def test_a_results_time_to_live_is_a_positive_number_of_seconds(redis_url, ttl):
    with pytest.raises(BadSetting, match="result_ttl must be"):
        Queue(redis_url, result_ttl=ttl)


@pytest.mark.parametrize("lease", [0, 0.49, -1, math.nan, math.inf])
async def test_a_lease_is_at_least_half_a_second(queue, lease):
    with pytest.raises(BadSetting, match="lease must be"):
        await queue.set_lease(lease)
    assert await queue.lease() == 30


async def test_the_lease_is_kept_in_redis(queue, redis_url):
    await queue.set_lease(0.5)
    async with Queue(redis_url) as another:
        assert await another.lease() == 0.5


@pytest.mark.parametrize("name", ["", "a b", "a{b}", "a:b", "žluť", "a\n"])
def test_a_queues_name_is_plain(name):
    with pytest.raises(BadSetting, match="name is made of"):
        Keys(name)


async def test_two_queues_on_one_server_are_strangers(queue, redis_url):
    await queue.enqueue("task", job_id="one")
    async with Queue(redis_url, name="other") as other:
        assert (await other.job("one"), (await other.snapshot()).accepted) == (None, 0)


# F65
def test_all_keys_of_a_queue_share_a_cluster_slot():
    keys = Keys("shop.mail-2_b")
    made = [keys.dead, keys.totals, keys.settings, keys.job("x{y}")]
    made += [key(tier) for tier in TIERS for key in (keys.stream, keys.delayed)]
    assert len({*made}) == 10
    assert all(key.startswith("{shop.mail-2_b}:") for key in made)


# Backoff.


@given(st.integers(1, 10_000), st.integers())
def test_a_backoff_stays_within_its_growing_bound(attempt, seed):
    assert 0 <= backoff(attempt, random.Random(seed)) <= min(CAP_SECONDS, 2 ** min(attempt, 10))


# F53
@pytest.mark.parametrize(("attempt", "bound"), [(1, 2), (2, 4), (5, 32), (6, 60), (100, 60)])
def test_backoffs_spread_over_their_whole_range(attempt, bound):
    rng = random.Random(1)
    drawn = [backoff(attempt, rng) for _ in range(1000)]
    assert min(drawn) < 0.02 * bound < 0.98 * bound < max(drawn)
