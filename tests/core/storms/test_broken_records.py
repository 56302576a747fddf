"""Any field of any key of a queue holds anything: the record harms only itself.

Each round mutates fifty records in all keys of a busy queue. Then every other job must finish, every listing must list,
and each bad record can be shown and discarded. Every day 20 rounds, which is 1,000 mutations; with -m long 200.
"""

import asyncio
import json
import random

import msgspec
import pytest

from helpers import eventually_async
from jobqueue import Queue, Worker
from jobqueue.job import decode_ticket
from jobqueue.keys import GROUP, TIERS
from jobqueue.reaper import Reaper
from steps import silence

HOUR = 3_600_000
TICKET = {"id": "", "attempt": "1", "max_attempts": "2", "reaped": "0", "released": "0", "lost": "0"}
BODY = '{"task":"good","payload":1,"timeout":60,"enqueued_at":0}'
ODD = [
    b"", b"\xff\xfe", b"null", b"nan", b"-inf", b"1e308", b"-1", b"0", b"1", b"2", b"9" * 5000, b"[]", b"{}", b"[1]",
    b"[" * 3000, b'["id",{}]', b"high", b"queued", b"done", b"dead", b"delayed", b"1-1", b"99999999999999999999-0",
    "٣".encode(), b"a\nb", b"\x1b[2J", b"true", BODY.encode(),
]  # fmt: skip


class Round:
    """One queue, and what is mutated in it. `good` are the ids of jobs that nobody touched."""

    def __init__(self, queue, rng):
        self.queue, self.redis, self.keys, self.rng = queue, queue.redis, queue.keys, rng
        self.good, self.ids, self.number = [], [], 0

    async def job(self, place):
        """A new job in `place`; returns its id."""
        self.number += 1
        job_id, tier, t = f"{place}{self.number}", self.rng.choice(TIERS), self.queue.transitions
        if place == "delayed":
            await self.queue.enqueue("good", 1, priority=tier, job_id=job_id, delay=0.001)
            return job_id
        await self.queue.enqueue("good", 1, priority=tier, job_id=job_id)
        if place == "waiting":
            return job_id
        stream, entry = self.keys.stream(tier), await self.redis.hget(self.keys.job(job_id), "entry")
        await self.redis.xreadgroup(GROUP, "gone", {stream: ">"})
        [(_, fields)] = await self.redis.xrange(stream, entry, entry)
        job = decode_ticket(tier, entry, fields)
        if place == "pending":
            await silence(self.queue, job)
        elif place == "done":
            await t.complete("gone", [(job, b"1")], HOUR)
        elif place == "dead":
            await t.bury("gone", tier, job.entry, job.id, "failed", "it broke", "")
        return job_id

    async def mutate(self):
        """Break one field of one record, of a job of its own where it is a job's."""
        kind = self.rng.choice([self.hash, self.hash, self.entry, self.member, self.letter, self.other, self.key])
        await kind(self.rng.choice(ODD))

    async def hash(self, odd):
        place = self.rng.choice(["waiting", "pending", "delayed", "done", "dead"])
        job_id = await self.job(place)
        key = self.keys.job(job_id)
        field = self.rng.choice([*await self.redis.hkeys(key), b"reason", b"history", b"replays", odd])
        await self.redis.hset(key, field, odd)
        if place not in ("done", "dead"):  # its ticket is whole
            self.good.append(job_id)
        self.ids.append(job_id)

    def ticket(self, odd):
        self.number += 1
        ticket = {name.encode(): text.encode() for name, text in (TICKET | {"body": BODY}).items()}
        ticket[b"id"] = b"odd%d" % self.number
        ticket[self.rng.choice(list(ticket))] = odd
        return ticket

    async def entry(self, odd):
        stream = self.keys.stream(self.rng.choice(TIERS))
        entry = await self.redis.xadd(stream, self.ticket(odd))
        if self.rng.random() < 0.5:
            await self.redis.xreadgroup(GROUP, "gone", {stream: ">"})
            await self.redis.xclaim(stream, GROUP, "gone", 0, [entry], idle=HOUR, justid=True)

    async def member(self, odd):
        flat = [part.decode("latin-1") for pair in self.ticket(odd).items() for part in pair]
        flat[self.rng.randrange(len(flat))] = self.rng.choice([{}, [], None, 7, 1.5, True, flat[0]])
        score = self.rng.choice([1, 2.5, float("-inf")])
        await self.redis.zadd(self.keys.delayed(self.rng.choice(TIERS)), {json.dumps(flat): score})

    async def letter(self, odd):
        await self.job("dead")
        [(_, fields)] = await self.redis.xrevrange(self.keys.dead, count=1)
        field = self.rng.choice(list(fields))
        await self.redis.xadd(self.keys.dead, fields | {field: odd})

    async def other(self, odd):
        key = self.rng.choice([self.keys.totals, self.keys.settings, self.keys.gate, self.keys.events])
        if await self.redis.type(key) in (b"hash", b"none") and key != self.keys.events:
            fields = [b"accepted", b"done", b"policy", b"lease_ms", b"old_lease_ms", b"old_until_ms", b"low 5", odd]
            await self.redis.hset(key, self.rng.choice(fields), odd)
        elif key == self.keys.events and await self.redis.type(key) in (b"stream", b"none"):
            await self.redis.xadd(key, {odd or b"x": odd})

    async def key(self, odd):
        """A whole key of another type."""
        job_id = await self.job(self.rng.choice(["waiting", "pending", "delayed"]))
        self.good.append(job_id)
        for key in (self.keys.job(job_id), self.rng.choice([self.keys.totals, self.keys.gate, self.keys.events])):
            await self.redis.delete(key)
            await self.redis.set(key, odd)

    async def finish(self):
        """As a fleet would, but for the waiting: leases run out and delays end at once."""

        async def run(job):
            return job.payload

        reaper = Reaper(self.redis, self.keys)
        for _ in range(3):
            for tier in TIERS:
                rows = await self.redis.xpending_range(self.keys.stream(tier), GROUP, "-", "+", 1000)
                if entries := [row["message_id"] for row in rows]:
                    await self.redis.xclaim(
                        self.keys.stream(tier), GROUP, "gone", 0, entries, idle=1000 * HOUR, justid=True
                    )
            await eventually_async(lambda: none_is_due(reaper))
            await reaper.reap()
        promoting = asyncio.create_task(promote(reaper))  # suspects, too, which wait for each other
        async with asyncio.timeout(30):
            await Worker(self.queue, {"good": run}, reap=False).run_until_idle()
        promoting.cancel()

    async def check(self):
        states = {job_id: (await self.queue.job(job_id)).state for job_id in self.good}
        assert set(states.values()) == {"done"}, [job_id for job_id, state in states.items() if state != "done"]
        assert [await self.queue.result(job_id, timeout=5) for job_id in self.good] == [1] * len(self.good)
        for job_id in self.ids:  # of a job whose record is broken, too, something is told
            msgspec.json.encode(await self.queue.job(job_id))
        msgspec.json.encode(await self.queue.snapshot())
        await self.queue.policy()
        assert await self.queue.lease() >= 0.5
        letters = await self.queue.dead.list(10_000)
        assert len(letters) == await self.redis.xlen(self.keys.dead) > 5, "nothing much was broken"
        for letter in letters[:: len(letters) // 20 + 1]:
            msgspec.json.encode(await self.queue.dead.show(letter.letter))
        assert await self.queue.dead.discard(*(letter.letter for letter in letters)) == len(letters)
        assert (await self.queue.dead.list(), await self.redis.xlen(self.keys.dead)) == ([], 0)


async def promote(reaper):
    while True:
        await reaper.promote()
        await asyncio.sleep(0.01)


async def none_is_due(reaper):
    return await reaper.promote() > 0


async def round_of(redis_url, seed, mutations=50):
    rng = random.Random(seed)
    async with Queue(redis_url, f"round{seed}", capacity={"low": 10_000}) as queue:
        this = Round(queue, rng)
        await queue.record_events()
        for _ in range(mutations):
            await this.mutate()
            if rng.random() < 0.5:
                this.good.append(await this.job(rng.choice(["waiting", "pending", "delayed"])))
        await this.finish()
        await this.check()


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    monkeypatch.setattr("jobqueue.fetcher.QUARANTINE_SECONDS", 0.01)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("seed", range(20))
async def test_a_broken_record_harms_only_itself(redis_url, seed):
    await round_of(redis_url, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 300))
async def test_ten_thousand_broken_records_harm_only_themselves(redis_url, seed):
    await round_of(redis_url, seed)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("tier", TIERS)
async def test_a_stream_of_another_type_stops_its_own_tier_alone(queue, tier, caplog):
    async def run(job):
        return job.payload

    async def run_one_in_each(tiers):
        ids = [await queue.enqueue("good", 1, priority=one) for one in tiers]
        assert [await queue.result(job_id, timeout=60) for job_id in ids] == [1] * len(ids)

    async def spoil():
        await queue.redis.delete(queue.keys.stream(tier))
        await queue.redis.set(queue.keys.stream(tier), "by hand")

    worker = Worker(queue, {"good": run})
    await spoil()
    running = asyncio.create_task(worker.run())
    await run_one_in_each([one for one in TIERS if one != tier])
    assert caplog.text.count(f"is not a stream: {tier} jobs stand still until it is deleted") == 1
    await queue.redis.delete(queue.keys.stream(tier))
    await eventually_async(lambda: "is a stream again" in caplog.text)
    await run_one_in_each(TIERS)
    await spoil()  # under a worker that blocks in a read of it
    await run_one_in_each([one for one in TIERS if one != tier])
    assert caplog.text.count("is not a stream") == 2
    worker.drain()
    await running


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("key", ["dead", "delayed:normal"])
async def test_an_entry_that_cannot_be_moved_stops_no_other(queue, key, full, caplog):
    """Its new place holds another type, or a stream that takes no more."""

    async def run(job):
        await asyncio.sleep(0.1)
        return job.payload

    if full:
        await queue.redis.xadd(queue.keys.prefix + key, {"last": "one"}, f"{2**64 - 1}-{2**64 - 1}")
    else:
        await queue.redis.set(queue.keys.prefix + key, "by hand")
    stream = queue.keys.stream("normal")
    for n in range(3):  # suspects: one runs, the others are to be put off
        await queue.redis.xadd(
            stream, TICKET | {"id": f"s{n}", "body": BODY, "attempt": "2", "lost": "1", "reaped": "1"}
        )
    await queue.redis.xadd(stream, {"no": "ticket"})
    await queue.redis.xadd(stream, TICKET | {"id": "unknown", "body": BODY.replace("good", "other")})
    ids = [await queue.enqueue("good", 1) for _ in range(5)]
    worker = Worker(queue, {"good": run})
    running = asyncio.create_task(worker.run())
    assert [await queue.result(job_id, timeout=20) for job_id in ids] == [1] * 5
    assert "so its lease will run out" in caplog.text
    worker.drain()
    await running


async def test_settings_of_another_type_and_the_last_possible_id_hide_nothing(queue):
    await queue.redis.set(queue.keys.settings, "by hand")
    await queue.redis.xadd(queue.keys.stream("low"), {"no": "ticket"}, f"{2**64 - 1}-{2**64 - 1}")
    await queue.redis.xreadgroup(GROUP, "gone", {queue.keys.stream("low"): ">"})
    assert await queue.policy() is None and await queue.lease() == 30
    assert (await queue.snapshot()).tiers["low"].pending == 1
