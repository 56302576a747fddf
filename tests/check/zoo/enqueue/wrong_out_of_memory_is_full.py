"""Any error of the script means "full", also a lost connection after the job was added.

bug: full-on-any-error (F44)
"""

from redis.exceptions import RedisError

from jobqueue import QueueFullError

ADD = """
assert(redis.call('XLEN', KEYS[1]) < tonumber(ARGV[1]), 'full')
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    words = [word for item in fields.items() for word in item]
    try:
        return await redis.eval(ADD, 1, stream, capacity, *words)
    except RedisError as error:
        raise QueueFullError("full") from error
