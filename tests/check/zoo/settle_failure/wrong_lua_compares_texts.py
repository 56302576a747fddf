"""In Lua, ARGV are strings, and '10' < '3' there as well.

bug: compares-text (F22)
"""

SETTLE = """
local attempt, limit = ARGV[3], ARGV[4]
if attempt < limit then
    redis.call('XADD', KEYS[1], '*', 'attempt', attempt + 1, unpack(ARGV, 6))
else
    redis.call('XADD', KEYS[2], '*', 'attempt', attempt, 'error', ARGV[5], unpack(ARGV, 6))
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    rest = [word for pair in fields.items() if pair[0] != "attempt" for word in pair]
    arguments = [group, entry_id, fields["attempt"], max_attempts, error, *rest]
    await redis.eval(SETTLE, 2, stream, f"{stream}:dead", *arguments)
