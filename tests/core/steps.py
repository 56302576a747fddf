"""A worker's steps taken one by one, time made to pass for a lease, and all that a queue holds, to compare."""

import itertools
import json

from jobqueue.job import Job, decode_ticket
from jobqueue.keys import GROUP, TIERS

HOUR = 3_600_000


async def take(queue, consumer="me", tier="normal", count=100) -> list[Job]:
    """Deliver up to `count` waiting jobs of `tier` to `consumer`."""
    stream = queue.keys.stream(tier)
    reply = await queue.redis.xreadgroup(GROUP, consumer, {stream: ">"}, count=count)
    return [decode_ticket(tier, entry, fields) for _, entries in reply for entry, fields in entries]


async def started(queue, consumer="me", tier="normal", **options) -> Job:
    """A new job, delivered to `consumer`."""
    await queue.enqueue("task", priority=tier, **options)
    (job,) = await take(queue, consumer, tier)
    return job


async def add_raw(queue, fields, tier="normal", consumer=None):
    """Add an entry as another program might, and deliver it to `consumer` if one is named; returns its id."""
    entry = (await queue.redis.xadd(queue.keys.stream(tier), fields)).decode()
    if consumer:
        await queue.redis.xreadgroup(GROUP, consumer, {queue.keys.stream(tier): ">"})
    return entry


async def silence(queue, job, seconds=3600):
    """Let `seconds` pass since the last heartbeat of `job`."""
    (row,) = await queue.redis.xpending_range(queue.keys.stream(job.priority), GROUP, job.entry, job.entry, 1)
    stream, idle = queue.keys.stream(job.priority), round(seconds * 1000)
    await queue.redis.xclaim(stream, GROUP, row["consumer"], 0, [job.entry], idle=idle, justid=True)


async def idle_seconds(queue, job):
    """How long ago its worker last renewed the lease of `job`."""
    (row,) = await queue.redis.xpending_range(queue.keys.stream(job.priority), GROUP, job.entry, job.entry, 1)
    return row["time_since_delivered"] / 1000


async def pending(queue, tier="normal") -> dict[str, str]:
    """Which entries of `tier` are pending, and under whom."""
    rows = await queue.redis.xpending_range(queue.keys.stream(tier), GROUP, "-", "+", 1000)
    return {row["message_id"].decode(): row["consumer"].decode() for row in rows}


async def tickets(queue, tier="normal") -> list[Job]:
    """What is in a tier's stream, waiting or pending, oldest first."""
    return [decode_ticket(tier, *row) for row in await queue.redis.xrange(queue.keys.stream(tier))]


async def dead_letters(queue) -> list[dict[bytes, bytes]]:
    return [fields for _, fields in await queue.redis.xrange(queue.keys.dead)]


async def content(queue) -> dict:
    """Everything in the server, but for how long things have been there: equal means that nothing was written."""
    redis, found = queue.redis, {}
    for key in sorted(await redis.keys("*")):
        kind = await redis.type(key)
        if kind == b"stream":
            found[key] = await redis.xrange(key)
        elif kind == b"zset":
            found[key] = await redis.zrange(key, 0, -1, withscores=True)
        else:
            found[key] = await (redis.hgetall(key) if kind == b"hash" else redis.get(key))
    return found | {tier: await pending(queue, tier) for tier in TIERS}


NUMBERS = itertools.count()


def ticket():
    """The fields of a new entry."""
    body = b'{"task":"task","payload":1,"timeout":60,"enqueued_at":0}'
    return {"id": f"j{next(NUMBERS)}", "attempt": 1, "max_attempts": 1, "reaped": 0, "released": 0, "body": body}


async def counts(queue):
    """(waiting, pending, delayed, done, dead) over all tiers."""
    now = await queue.snapshot()
    return (*(now.total(place) for place in ("waiting", "pending", "delayed")), now.done, now.dead)


async def state(queue, job):
    return (await queue.job(job.id)).state


async def promoted(queue):
    return (await queue.transitions.promote())[0]


async def server_ms(queue):
    seconds, microseconds = await queue.redis.time()
    return seconds * 1000 + microseconds // 1000


async def completed(transitions, results, ttl_ms):
    """Complete jobs as the worker `me`; returns a reply for each."""
    replies, _ = await transitions.complete("me", results, ttl_ms)
    return replies


RAW = {b"": b"", b"\xff\x00": bytes(range(256)), "žluť".encode(): b'"\\/\x7f'}


def raw_bytes(letter):
    """The fields in a dead letter, byte for byte. They need not be text, so the JSON around them need not be either."""
    raw = [text.encode("latin-1") for text in json.loads(letter[b"ticket"].decode("latin-1"))]
    return dict(zip(raw[::2], raw[1::2], strict=True))


async def renewed(transitions, job, consumer="me"):
    return (await transitions.heartbeat(consumer, [job]))[1]


SETTLE = {
    "complete": lambda t, job: completed(t, [(job, b"1")], HOUR),
    "retry": lambda t, job: t.retry("me", job, 0, "it broke"),
    "bury": lambda t, job: t.bury("me", job.priority, job.entry, job.id, "failed", "", ""),
    "release": lambda t, job: t.release("me", job.priority, job.entry),
    "heartbeat": lambda t, job: renewed(t, job),
}


async def delayed_by(queue, tier, **due):
    """Put jobs named by the keywords into the delayed set, due in so many milliseconds from now."""
    now = await server_ms(queue)
    for job_id, milliseconds in due.items():
        job = await started(queue, tier=tier, job_id=job_id)
        await queue.transitions.retry("me", job, HOUR, "it broke")
        (member,) = await queue.redis.zrange(queue.keys.delayed(tier), -1, -1)
        await queue.redis.zadd(queue.keys.delayed(tier), {member: now + milliseconds})
