"""The script reads the fields from the entry, counts, compares, and moves."""

from redis.exceptions import ResponseError

SETTLE = """#!lua
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not entry then return redis.error_reply('LOST the lease') end
local fields, attempt = {}, 0
for at = 1, #entry[2], 2 do
    local name, value = entry[2][at], entry[2][at + 1]
    if name == 'attempt' then attempt = tonumber(value) value = value + 1 end
    table.insert(fields, name)
    table.insert(fields, value)
end
if attempt < tonumber(ARGV[4]) then
    redis.call('XADD', KEYS[1], '*', unpack(fields))
else
    redis.call('XADD', KEYS[2], '*', 'error', ARGV[3], unpack(fields))
end
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return 'OK'
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    try:
        await redis.eval(SETTLE, 2, stream, f"{stream}:dead", group, entry_id, error, max_attempts)
    except ResponseError as lost:
        if "LOST" not in str(lost):
            raise
