"""pcall swallows the error of XADD; the script goes on, removes the old entry, and returns normally.

bug: swallows-errors (F46)
"""

MOVE = """
redis.pcall('XADD', KEYS[2], '*', unpack(ARGV, 3))
redis.pcall('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.pcall('XDEL', KEYS[1], ARGV[2])
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    again = int(fields["attempt"]) < max_attempts
    new = {**fields, "attempt": int(fields["attempt"]) + 1} if again else {**fields, "error": error}
    flat = [part for item in new.items() for part in item]
    await redis.eval(MOVE, 2, stream, stream if again else f"{stream}:dead", group, entry_id, *flat)
