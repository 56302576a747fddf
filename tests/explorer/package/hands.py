"""A worker's, a producer's and a reaper's steps, one at a time, by the package's own Transitions; and small programs.

A Hand records every call with its answer, for the model. What it is not told (a reply that was lost) it asks again, as
the package's own runner does: a settled entry answers so the second time, too.
"""

import asyncio
import time

from census import KEYS, TTL, name_of
from model import COUNTED, LEASE, NO_LIMIT, body_of
from redis.exceptions import ConnectionError, OutOfMemoryError

from jobqueue import Queue
from jobqueue.job import Job, Malformed, decode_ticket
from jobqueue.keys import GROUP, TIERS, create_groups
from jobqueue.scripts import EACH_TIER, Transitions

EPOCH = 1_700_000_000


class Hand:
    """Acts in the name of `who`."""

    def __init__(self, world, who: str):
        self.world, self.who = world, who
        self.redis = world.connect()
        if not hasattr(self.redis, "transitions"):  # a client lives as long as its world; naming scripts takes time
            self.redis.transitions = Transitions(self.redis, KEYS)
        self.t = self.redis.transitions

    def note(self, call: str, args: tuple, answer) -> None:
        self.world.record(call, int(time.time()) - EPOCH, self.who, args, answer)

    async def ask(self, call: str, args: tuple, send, answer=lambda reply: reply, insist=True):
        """Send until an answer comes, note it, and return it; None if it never came."""
        while True:
            try:
                reply = answer(await send())
            except ConnectionError:
                if insist:
                    continue
                return None
            except OutOfMemoryError:
                reply = "refused"
            self.note(call, args, reply)
            return reply

    # Producers.

    async def enqueue(self, id: str, tier="normal", max_attempts=3, delay=0, marks=NO_LIMIT):
        return await self.enqueue_all((id, tier, max_attempts, delay), marks=marks)

    async def enqueue_all(self, *jobs: tuple, marks=NO_LIMIT):
        """One call for jobs (id, tier, max_attempts, delay), with the same watermarks (low, high)."""
        names = ("tier", "id", "max_attempts", "body", "delay_ms", "low", "high")
        rows = [(tier, id, most, body_of(id).encode(), round(delay * 1000), *marks) for id, tier, most, delay in jobs]
        sent = [dict(zip(names, row, strict=True)) for row in rows]

        def told(replies):
            return tuple(reply if isinstance(reply, int) else ("full", *reply) for reply in replies)

        return await self.ask("enqueue", (*jobs, marks), lambda: self.t.run("enqueue", sent), told)

    async def take(self, rate: float, room: int):
        """Take a place in a limiter's line; returns the milliseconds it tells."""
        line = {"kind": "leaky", "name": "mail", "rate": rate, "room": room}
        return await self.ask("limit", (rate, room), lambda: self.t.run("limit", **line))

    # Workers.

    async def fetch(self, count=1, tier="normal") -> list[Job | tuple]:
        """Jobs; for an entry that is no ticket, (tier, entry)."""
        while True:
            try:
                reply = await self.redis.xreadgroup(GROUP, self.who, {KEYS.stream(tier): ">"}, count=count)
            except ConnectionError:
                await self.hand_back_unseen(tier)
                continue
            found, told, entries = [], [], []
            for entry, fields in [row for _, rows in reply for row in rows]:
                entries.append(entry.decode())
                try:
                    job = decode_ticket(tier, entry, fields)
                    found.append(job)
                    told.append((job.id, job.attempt, job.reaped))
                except Malformed:
                    found.append((tier, entry.decode()))
                    told.append((name_of({"raw": next(iter(fields.values())).decode()}), 1, False))
            self.note("fetch", (tier, count, tuple(entries)), tuple(told))
            return found

    async def hand_back_unseen(self, tier: str) -> None:
        for row in await self.redis.xpending_range(KEYS.stream(tier), GROUP, "-", "+", 100, self.who):
            await self.release(tier, row["message_id"].decode())

    async def complete(self, *jobs: Job, result="1"):
        args = tuple((job.priority, job.entry, job.id, job.attempt, result) for job in jobs)
        results = [(job, result.encode()) for job in jobs]
        heads = []

        def told(answer):
            replies, seen = answer
            heads.append(seen)
            return tuple(replies)

        replies = await self.ask("complete", args, lambda: self.t.complete(self.who, results, TTL * 1000), told)
        for seen in heads:
            self.note_heads(seen)
        return replies

    def note_heads(self, heads):
        self.note("heads", (), (heads.policy, tuple(heads.ages.items())))

    async def heads(self):
        heads = await self.t.heads()
        self.note_heads(heads)
        return heads.ages

    async def retry(self, job: Job, delay=0, error="it broke"):
        args = job.priority, job.entry, job.id, delay * 1000, error
        return await self.ask("retry", args, lambda: self.t.retry(self.who, job, delay * 1000, error))

    async def bury(self, tier: str, entry: str, id: str, *why: str):
        why = why or ("failed", "ValueError: no", "line 1")
        args = tier, entry, id, *why
        return await self.ask("bury", args, lambda: self.t.bury(self.who, *args))

    async def release(self, tier: str, entry: str, delay=0, started=False):
        args = tier, entry, round(delay * 1000), started
        return await self.ask("release", args, lambda: self.t.release(self.who, *args))

    async def heartbeat(self, *jobs: Job):
        args = tuple(job.address for job in jobs)
        return await self.ask("heartbeat", args, lambda: self.t.heartbeat(self.who, list(jobs)), beaten)

    # Reapers.

    async def leases(self):
        return await self.ask("leases", (), self.t.leases)

    async def set_lease(self, seconds: int):
        def setting():
            return self.t.run("set_lease", EACH_TIER, lease_ms=seconds * 1000)

        return await self.ask("set_lease", (seconds,), setting, lambda ms: ms // 1000)

    async def stale(self, tier="normal", lease: float = LEASE) -> tuple[str, ...]:
        rows = await self.redis.xpending_range(KEYS.stream(tier), GROUP, "-", "+", 100, idle=int(lease * 1000))
        entries = tuple(row["message_id"].decode() for row in rows)
        self.note("stale", (tier, lease), entries)
        return entries

    async def reap(self, tier: str, entry: str, lease: float = LEASE):
        args = tier, entry, int(lease * 1000)
        return await self.ask("reap", args, lambda: self.t.reap(*args), insist=False)

    async def promote(self, limit=100):
        return await self.ask("promote", (limit,), lambda: self.t.promote(limit), whole, insist=False)

    async def forget(self, consumer: str, idle=0):
        args = consumer, idle * 1000
        return await self.ask("forget", args, lambda: self.t.forget(*args), insist=False)

    # Who looks after the dead, and who changes their mind.

    async def letters(self) -> tuple[str, ...]:
        rows = await self.redis.xrange(KEYS.dead)
        letters = tuple(entry.decode() for entry, _ in rows)
        self.note("mourn", (), letters)
        return letters

    async def replay(self, letter: str):
        return await self.ask("replay", (letter,), lambda: self.end("replay", letter), one_fate)

    async def discard(self, letter: str):
        return await self.ask("discard", (letter,), lambda: self.end("discard", letter), one_fate)

    async def end(self, verb: str, letter: str):
        return await self.t.run(verb, [{"first": letter, "last": letter}], limit=100)

    async def cancel(self, id: str):
        return await self.ask("cancel", (id,), lambda: self.t.run("cancel", id=id, result_ttl_ms=TTL * 1000), bool)

    # Anybody.

    async def set_policy(self, name: str) -> None:
        await self.redis.hset(KEYS.settings, "policy", name)
        self.note("set_policy", (name,), None)

    async def sleep(self, seconds: int) -> None:
        await asyncio.sleep(seconds)

    async def look(self, *ids: str) -> int:
        """What the queue says of itself, by each script that only reads. Returns how many jobs are unsettled."""
        queue = Queue("", connect=lambda url: self.redis)
        now, heads = await queue.snapshot(), await self.heads()
        states = [await queue.job(id) for id in ids]
        counts = tuple((now.tiers[tier].waiting, now.tiers[tier].pending, now.tiers[tier].delayed) for tier in TIERS)
        totals = tuple(getattr(now, name) for name in COUNTED)
        oldest = tuple((tier, now.tiers[tier].oldest) for tier in TIERS if now.tiers[tier].oldest is not None)
        assert oldest == tuple(heads.items()), "two scripts differ about ages"
        told = counts, totals, oldest, tuple(status and status.state for status in states)
        self.note("look", (ids,), told)
        return now.unsettled

    async def damage(self, call: str, args: tuple, *commands: tuple) -> None:
        """What somebody's careless hand may do to the server."""
        for command in commands:
            await self.redis.execute_command(*command)
        self.note(call, args, None)


def beaten(reply):
    """(the lease, and for each job whether it was renewed)."""
    lease, renewed = reply
    return lease, tuple(renewed)


def one_fate(replies):
    """What became of the one letter of a call: 0 if it was gone."""
    return only(replies[1::2] or [0])


def only(replies):
    """The reply to a batch of one; raised, if it is an error."""
    [reply] = replies
    if isinstance(reply, Exception):
        raise reply
    return reply


def whole(promoted):
    """(moved, ms until the next is due); the first failure of one that could not be moved is raised."""
    moved, next_due, failures = promoted
    if failures:
        raise failures[0]
    return moved, next_due


# Programs, each for some consumer or tier: functions that return one.


def settle(how: str, **options):
    """`async (hand, job)`: end an attempt in this way."""

    async def act(hand: Hand, job):
        if isinstance(job, tuple):  # no ticket
            await (hand.release(*job, **options) if how == "release" else hand.bury(*job, "", "malformed", "no", ""))
        elif how == "complete":
            await hand.complete(job)
        elif how == "complete twice":
            await hand.complete(job, job)
        elif how == "retry":
            if job.failures < job.max_attempts:
                await hand.retry(job, **options)
            else:
                await hand.bury(job.priority, job.entry, job.id)
        elif how == "bury":
            await hand.bury(job.priority, job.entry, job.id)
        elif how == "release":
            await hand.release(job.priority, job.entry, **options)
        elif how == "nothing":
            pass

    return act


def work(how="complete", *, who=None, count=1, beats=0, tier="normal", times=1, **options):
    """Fetch, beat, and settle what came."""
    act = settle(how, **options)

    async def program(redis, world):
        hand = Hand(world, who or world.name)
        for _ in range(times):
            jobs = await hand.fetch(count, tier)
            for _ in range(beats if jobs else 0):
                await hand.heartbeat(*(job for job in jobs if isinstance(job, Job)))
            for job in jobs:
                await act(hand, job)

    return program


PENDING = Job(
    "t", None, 60.0, 0.0, id="a", priority="normal", attempt=1, max_attempts=3, entry=f"{EPOCH * 1000}-0", reaped=False
)


def settles(how: str, **options):
    """End the attempt that `w` began in setup."""

    async def program(redis, world):
        await settle(how, **options)(Hand(world, "w"), PENDING)

    return program


def beats(times: int):
    """Fetch a job and keep it, as a heartbeat does: three beats in each lease, as the last of them had it."""

    async def program(redis, world):
        hand = Hand(world, world.name)
        (job,), lease = await hand.fetch(), LEASE
        for _ in range(times):
            await asyncio.sleep(lease // 3)
            lease, _ = await hand.heartbeat(job)
        await hand.complete(job)

    return program


def watches(*pauses: int):
    """A reaper that looks after these pauses, and takes what a lease has run out for."""

    async def program(redis, world):
        hand = Hand(world, world.name)
        for pause in pauses:
            await asyncio.sleep(pause)
            _, lease, soonest = await hand.leases()
            if soonest == 0:
                for entry in await hand.stale("normal", lease):
                    await hand.reap("normal", entry, lease)

    return program


def reaps(tier="normal"):
    async def program(redis, world):
        hand = Hand(world, world.name)
        for entry in await hand.stale(tier):
            await hand.reap(tier, entry)

    return program


def produces(*ids, **options):
    async def program(redis, world):
        hand = Hand(world, world.name)
        for id in ids:
            await hand.enqueue(id, **options)

    return program


def mourns(*acts: str):
    """For each dead letter: replay or discard it, or both."""

    async def program(redis, world):
        hand = Hand(world, world.name)
        for letter in await hand.letters():
            for act in acts:
                await getattr(hand, act)(letter)

    return program


def offers(marks, *jobs: tuple):
    """One call for jobs (id, tier, max_attempts, delay)."""

    async def program(redis, world):
        await Hand(world, world.name).enqueue_all(*jobs, marks=marks)

    return program


def calls(*steps):
    """Each step is (name of a Hand's method, its arguments …)."""

    async def program(redis, world):
        hand = Hand(world, world.name)
        for name, *args in steps:
            await getattr(hand, name)(*args)

    return program


def setup(*jobs, then=(), events=False):
    """Enqueue jobs, each (id, …) as `Hand.enqueue` takes it; then let functions `(hand)` act, one after the other.
    With `events` somebody records all of it."""

    async def program(redis, world):
        hand = Hand(world, "setup")
        await create_groups(hand.redis, KEYS)
        if events:
            await Queue("", connect=lambda url: hand.redis).record_events()
        for job in jobs:
            await hand.enqueue(*job)
        for act in then:
            await act(world)

    return program


def finish(*ids, tiers=("normal",)):
    """Look; then, until all is settled, let leases run out and delays end, and complete what there is; look again."""

    async def program(redis, world):
        hand = Hand(world, "healthy")
        for _ in range(5):
            if not await hand.look(*ids):
                break
            await asyncio.sleep(2 * LEASE)
            for tier in tiers:
                for entry in await hand.stale(tier):
                    await hand.reap(tier, entry)
            await hand.promote()
            for tier in tiers:
                for job in await hand.fetch(100, tier):
                    await settle("complete")(hand, job)

    return program
