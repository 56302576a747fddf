"""Anything at all written straight into the streams, among good jobs: the bad ones end in the dead letters, byte for
byte, each good one runs, and the worker lives.

Every day a thousand entries; `pytest -m long tests/core/storms/test_fuzz.py` for ten thousand.
"""

import asyncio
import json
import random
from collections import Counter

import pytest

from jobqueue import Worker
from jobqueue.keys import GROUP, TIERS
from jobqueue.reaper import Reaper
from steps import pending

LARGE = b"9" * 5000


def body(rng, **changes):
    whole = {"task": "good", "payload": rng.randrange(10**6), "timeout": 60, "enqueued_at": 0.5} | changes
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def ticket(rng, **changes):
    """The fields of a good ticket, [(name, value), …], with `changes`."""
    whole = {"id": f"raw{rng.getrandbits(64)}", "attempt": "1", "max_attempts": "3", "reaped": "0", "released": "0"}
    whole = whole | {"body": body(rng)} | changes
    return [(name.encode(), value.encode() if isinstance(value, str) else value) for name, value in whole.items()]


def noise(rng, most=40):
    return rng.randbytes(rng.randrange(most))


def drop_a_field(rng):
    fields = [field for field in ticket(rng) if field[0] != b"released"]  # which is optional
    fields.pop(rng.randrange(len(fields)))
    return fields


def spoil_a_field(rng):
    name = rng.choice(["id", "attempt", "max_attempts", "released", "body"])
    return ticket(rng, **{name: b"\xff" + noise(rng)})


def odd_number(rng):
    odd = rng.choice(
        ["nan", "inf", "-inf", "-1", "-1000000000", "0x10", "1e3", "1e308", "", " 1", "1 ", "1_0", "1.5", "01x", "٣",
         "true", "None", "1\0", "12345", LARGE, b"\xff", str(2**64)]
    )  # fmt: skip
    return ticket(rng, **{rng.choice(["attempt", "max_attempts", "released"]): odd})


def nought(rng):
    return ticket(rng, **{rng.choice(["attempt", "max_attempts"]): "0"})


def odd_id(rng):
    return ticket(rng, id=rng.choice([b"", b"\xff\xfe", b"x" * 201, b"\xed\xa0\x80", b"x" * 100_000]))


def broken_json(rng):
    whole = body(rng)
    cut = rng.randrange(len(whole))
    return ticket(rng, body=rng.choice([whole[:cut], whole[:cut] + b"\x00" + whole[cut:], whole + b"}", noise(rng)]))


def wrong_types(rng):
    wrong = rng.choice(
        [{"task": 7}, {"task": ["good"]}, {"timeout": "60"}, {"timeout": None}, {"timeout": -1}, {"timeout": 0},
         {"timeout": 1e300}, {"enqueued_at": "now"}, {"enqueued_at": {}}, {"task": None}]
    )  # fmt: skip
    return ticket(rng, body=body(rng, **wrong))


def other_json(rng):
    other = [
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"NaN",
        b'{"task":"good"}',
        b"1e999",
    ]
    return ticket(rng, body=rng.choice(other))


def unheard_of(rng):
    return ticket(rng, body=body(rng, task=rng.choice(["", "unknown", "good ", "GOOD", "ž", "\0", "x" * 10_000])))


def bytes_in_json(rng):
    return ticket(rng, body=body(rng).replace(b'"payload": ', b'"payload": "\xc3\x28", "x": '))


def enormous(rng):
    return [(f"field{n}".encode(), noise(rng)) for n in range(rng.choice([100, 1000, 5000]))]


def anything(rng):
    return [(noise(rng), noise(rng)) for _ in range(rng.randrange(1, 12))]


def last_one_counts(rng):
    """A field twice: the last is meant, for Lua as for Python."""
    return [*ticket(rng), (b"attempt", b"many")]


BAD = [
    drop_a_field, spoil_a_field, odd_number, odd_number, odd_number, nought, odd_id, broken_json, broken_json,
    wrong_types, other_json, unheard_of, bytes_in_json, enormous, anything, last_one_counts,
]  # fmt: skip


def plain(rng):
    return ticket(rng)


def more_fields(rng):
    return [*ticket(rng), (noise(rng) + b"!", noise(rng)), (b"", b"")]


def twice_and_right_in_the_end(rng):
    return [(b"attempt", b"nan"), (b"id", b"\xff"), *ticket(rng)]


def without_what_is_optional(rng):
    return [field for field in ticket(rng) if field[0] != b"released"]


def difficult_but_right(rng):
    payload = rng.choice([2**70, [], {}, [[[]]], "ž\0\x7f", 1e308, None, {"": {}}])
    whole = {"task": "good", "payload": payload, "timeout": 1e9, "enqueued_at": -1, "more": [noise(rng).hex()]}
    return ticket(rng, id=rng.choice(["ž", "a{b}", "\0", "x" * 190]) + f"{rng.getrandbits(64)}"[:10], attempt="2",
                  body=json.dumps(whole).encode())  # fmt: skip


GOOD = [plain, more_fields, twice_and_right_in_the_end, without_what_is_optional, difficult_but_right]


async def write(queue, entries):
    async with queue.redis.pipeline(transaction=False) as pipe:
        for tier, fields, _ in entries:
            pipe.execute_command("XADD", queue.keys.stream(tier), "*", *[part for field in fields for part in field])
        await pipe.execute()


async def fuzz(queue, seed, count, *, kidnapped=0):
    """`count` entries, half of them bad; a worker has `kidnapped` of them and is gone."""
    rng = random.Random(seed)
    entries = []
    for _ in range(count):
        is_good = rng.random() < 0.5
        make = rng.choice(GOOD if is_good else BAD)
        entries.append((rng.choice(TIERS), make(rng), is_good))
    good = []
    for start in range(0, count, 200):
        # Some are jobs that were enqueued as they ought to be.
        good += [await queue.enqueue("good", n, priority=rng.choice(TIERS)) for n in range(20)]
        await write(queue, entries[start : start + 200])
    good += [dict(fields)[b"id"].decode() for _, fields, is_good in entries if is_good]
    bad = [(tier, [part for field in fields for part in field]) for tier, fields, is_good in entries if not is_good]
    if kidnapped:
        await kidnap(queue, kidnapped)
    ran = Counter()

    async def run(job):
        ran[job.id] += 1
        return job.payload

    async with asyncio.timeout(120):
        await Worker(queue, {"good": run}).run_until_idle()
    await check(queue, ran, good, bad, kidnapped)


async def kidnap(queue, count):
    """Deliver entries of each tier to a worker that then is silent for a lease, and let a reaper find them."""
    await queue.set_lease(0.5)
    for tier in TIERS:
        stream = queue.keys.stream(tier)
        reply = await queue.redis.xreadgroup(GROUP, "gone", {stream: ">"}, count=count)
        ids = [entry for _, entries in reply for entry, _ in entries]
        await queue.redis.xclaim(stream, GROUP, "gone", 0, ids, idle=3_600_000, justid=True)
    reaper = Reaper(queue.redis, queue.keys)
    assert await reaper.reap() == 3 * count
    assert [await pending(queue, tier) for tier in TIERS] == [{}, {}, {}]


async def check(queue, ran, good, bad, kidnapped):
    assert ran == Counter(good)
    letters = []
    while page := await queue.dead.list(after=letters[-1].letter if letters else None):
        letters += page
    assert {letter.reason for letter in letters} == {"malformed", "unknown task"}
    assert len(letters) == len(bad)
    told = Counter((letter.tier, tuple(letter.raw)) for letter in letters)
    told.subtract((tier, tuple(raw)) for tier, raw in bad)
    altered = [entry for entry, count in told.items() if count < 0]
    if kidnapped:  # what looked like a ticket had another attempt before somebody looked into it
        assert len(altered) <= 3 * kidnapped
        told = Counter()
        told.update((letter.tier, *heart(letter.raw)) for letter in letters)
        told.subtract((tier, *heart(raw)) for tier, raw in bad)
        altered = [entry for entry, count in told.items() if count]
    assert not altered, f"not among the dead letters as it was written: {altered[0]!r:.500}"
    now = await queue.snapshot()
    assert (now.unsettled, now.done, now.dead) == (0, len(good), len(bad))
    for tier in TIERS:
        assert await pending(queue, tier) == {}
        assert await queue.redis.xlen(queue.keys.stream(tier)) == 0


def heart(raw):
    fields = dict(zip(raw[::2], raw[1::2], strict=True))
    return fields.get(b"id"), fields.get(b"body")


# F07
async def test_a_thousand_entries_of_any_kind_stop_no_worker_and_no_good_job(queue):
    await fuzz(queue, seed=1, count=1000)


async def test_what_is_malformed_under_a_worker_that_is_gone_stops_no_reaper(queue):
    await fuzz(queue, seed=2, count=300, kidnapped=4)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
async def test_ten_thousand_entries_of_any_kind_stop_no_worker_and_no_good_job(queue, seed):
    await fuzz(queue, seed=100 + seed, count=10_000, kidnapped=40)


async def test_anything_at_all_among_the_delayed_stops_no_promotion(queue):
    rng = random.Random(3)
    good = [await queue.enqueue("good", n, delay=0.001) for n in range(20)]
    packed = set()
    while len(packed) < 300:
        raw = [part.decode("latin-1") for field in rng.choice(BAD)(rng) for part in field]
        as_json = json.dumps(raw[: rng.choice([1, 3, 100])]).encode()
        packed.add(
            rng.choice([noise(rng), as_json[: rng.randrange(len(as_json))], b"[" * 2000, b'{"a":1}', b"[[1],2]"]) + b"x"
        )
    await queue.redis.zadd(queue.keys.delayed("low"), {member: n for n, member in enumerate(sorted(packed))})
    await Worker(queue, {"good": lambda job: job.payload}).run_until_idle()
    assert [await queue.result(job_id) for job_id in good] == list(range(20))
    letters = [letter for page in [await queue.dead.list(1000)] for letter in page]
    assert sorted(letter.raw[0] for letter in letters) == sorted(packed)
    assert {(letter.reason, letter.tier, letter.job_id) for letter in letters} == {("malformed", "low", None)}


async def test_settings_and_totals_of_any_kind_stop_no_worker(queue):
    """What people set by hand: a lease that is no number, a policy that is none."""
    for lease, policy in (("soon", "nobody-knows-it"), ("-1", b"\xff"), (b"\xff", ""), ("1e999", "aging:nan")):
        await queue.redis.hset(queue.keys.settings, mapping={"lease_ms": lease, "policy": policy})
        job_id = await queue.enqueue("good", 1)
        async with asyncio.timeout(10):
            await Worker(queue, {"good": lambda job: job.payload}).run_until_idle()
        assert await queue.result(job_id) == 1
