"""Acknowledges in a script, which deletes the entry only if it was still its own."""

SETTLE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2]) == 0 then return 0 end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
return redis.call('XDEL', KEYS[1], ARGV[3])
"""


async def process_one(redis, stream, group, consumer, handle):
    reply = await redis.xreadgroup(group, consumer, {stream: ">"}, count=1)
    if reply:
        entry_id, fields = reply[0][1][0]
        await handle(fields)
        await redis.eval(SETTLE, 1, stream, group, consumer, entry_id)
