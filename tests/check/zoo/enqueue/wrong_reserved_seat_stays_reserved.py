"""Reserves a seat, takes it, gives it back; a producer that dies in between keeps it forever.

bug: count-drifts (F45)
"""

from jobqueue import QueueFullError

RESERVE = """
local depth = redis.call('XLEN', KEYS[1]) + tonumber(redis.call('GET', KEYS[2]) or 0)
if depth >= tonumber(ARGV[1]) then return 0 end
redis.call('INCR', KEYS[2])
return 1
"""


async def enqueue_job(redis, stream, fields, capacity):
    seats = f"{stream}:reserved"
    if not await redis.eval(RESERVE, 2, stream, seats, capacity):
        raise QueueFullError("full")
    async with redis.pipeline() as pipe:
        pipe.xadd(stream, fields)
        pipe.decr(seats)
        return (await pipe.execute())[0]
