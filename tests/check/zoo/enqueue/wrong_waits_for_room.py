"""Doesn't refuse, but waits for as long as it takes.

bug: waits-for-room
"""

import asyncio

ADD = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return false end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    while not (entry_id := await redis.eval(ADD, 1, stream, capacity, *pairs)):
        await asyncio.sleep(1)
    return entry_id
