"""One script reads and acknowledges: atomic, and too early.

bug: ack-before-work (F36)
"""

TAKE = """
local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
if not reply then return nil end
local entry = reply[1][2][1]
redis.call('XACK', KEYS[1], ARGV[1], entry[1])
return entry
"""


async def process_one(redis, stream, group, consumer, handle):
    entry = await redis.eval(TAKE, 1, stream, group, consumer)
    if entry:
        _, flat = entry
        await handle(dict(zip(flat[::2], flat[1::2])))
