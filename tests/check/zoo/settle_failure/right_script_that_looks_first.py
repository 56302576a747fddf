"""One script, which changes nothing if the entry is no longer pending."""

SETTLE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt = int(fields["attempt"])
    if attempt < max_attempts:
        target, new = stream, {**fields, "attempt": attempt + 1}
    else:
        target, new = f"{stream}:dead", {**fields, "error": error}
    words = [word for pair in new.items() for word in pair]
    await redis.eval(SETTLE, 2, stream, target, group, entry_id, *words)
