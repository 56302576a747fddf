"""One script adds and removes, and trusts the list from before it.

bug: two-reapers (F29)
"""

MOVE = """
if #ARGV > 2 then redis.call('XADD', KEYS[1], '*', unpack(ARGV, 3)) end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        entry_id, pairs = row["message_id"], []
        for _, fields in await redis.xrange(stream, entry_id, entry_id):
            fields["attempt"] = int(fields["attempt"]) + 1
            pairs = [word for pair in fields.items() for word in pair]
        await redis.eval(MOVE, 1, stream, group, entry_id, *pairs)
