"""Adds first and takes back, within one script, so nothing else sees it. By its hash, with a flag, and an error reply."""

from redis.exceptions import ResponseError

from jobqueue import QueueFullError

SCRIPT = """#!lua
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
if redis.call('XLEN', KEYS[1]) > tonumber(ARGV[1]) then
    redis.call('XDEL', KEYS[1], id)
    return redis.error_reply('FULL no room')
end
return id
"""


async def enqueue_job(redis, stream, fields, capacity):
    add = redis.register_script(SCRIPT)
    try:
        return await add(keys=[stream], args=[capacity, *(word for pair in fields.items() for word in pair)])
    except ResponseError as error:
        if not str(error).startswith("FULL"):
            raise
        raise QueueFullError(str(error)) from None
