"""Asks XINFO for the length, inside a script; a stream that doesn't exist is empty."""

from jobqueue import QueueFullError

ADD = """#!lua
local depth = 0
if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for at = 1, #info, 2 do
        if info[at] == 'length' then depth = info[at + 1] end
    end
end
if depth < tonumber(ARGV[1]) then
    return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
end
return redis.error_reply('QUEUEFULL ' .. depth)
"""


async def enqueue_job(redis, stream, fields, capacity):
    from redis.exceptions import ResponseError

    words = [word for item in fields.items() for word in item]
    try:
        return await redis.eval(ADD, 1, stream, capacity, *words)
    except ResponseError as error:
        if str(error).startswith("QUEUEFULL"):
            raise QueueFullError(str(error)) from None
        raise
