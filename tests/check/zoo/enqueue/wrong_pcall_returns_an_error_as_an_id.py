"""pcall: when memory is refused, the error is swallowed and the script returns OK.

bug: swallows-errors (F44)
"""

from jobqueue import QueueFullError

ADD = """
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 'full' end
local id = redis.pcall('XADD', KEYS[1], '*', unpack(ARGV, 2))
if type(id) == 'table' then return '0-0' end
return id
"""


async def enqueue_job(redis, stream, fields, capacity):
    words = [word for item in fields.items() for word in item]
    answer = await redis.eval(ADD, 1, stream, capacity, *words)
    if answer == "full":
        raise QueueFullError("full")
    return answer
