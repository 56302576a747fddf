"""A worker's steps taken one by one, time made to pass for a lease, and all that a queue holds, to compare."""

from jobqueue.job import Job, decode_ticket
from jobqueue.keys import GROUP, TIERS


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
    """Add an entry as somebody else might, and deliver it to `consumer` if one is named; returns its id."""
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
