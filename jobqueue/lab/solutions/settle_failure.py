"""Lesson 10. Look, add, remove in one script: a worker that has lost the lease changes nothing."""

SETTLE = """
local stream, dead, group, entry, again = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3]
if #redis.call('XPENDING', stream, group, entry, entry, 1) == 0 then return 0 end
redis.call('XADD', again == '1' and stream or dead, '*', unpack(ARGV, 4))
redis.call('XACK', stream, group, entry)
redis.call('XDEL', stream, entry)
return 1
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    again = int(fields["attempt"]) < max_attempts
    new = {**fields, "attempt": int(fields["attempt"]) + 1} if again else {**fields, "error": error}
    pairs = [word for pair in new.items() for word in pair]
    await redis.eval(SETTLE, 2, stream, f"{stream}:dead", group, entry_id, int(again), *pairs)
