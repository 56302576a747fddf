"""Makes room by deleting the oldest entry, in one script. The oldest may be in a worker's hands.

bug: trims-jobs (F03)
"""

ADD = """
while redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) do
    local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    redis.call('XDEL', KEYS[1], oldest[1])
end
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""


async def enqueue_job(redis, stream, fields, capacity):
    pairs = [word for pair in fields.items() for word in pair]
    return await redis.eval(ADD, 1, stream, capacity, *pairs)
