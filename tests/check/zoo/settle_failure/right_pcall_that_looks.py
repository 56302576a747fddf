"""pcall, and a look at what it gave: if memory is refused, the script stops before anything is removed."""

MOVE = """
local added = redis.pcall('XADD', KEYS[2], '*', unpack(ARGV, 3))
if type(added) == 'table' and added.err then
    return redis.error_reply(added.err)
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return added
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    attempt, target = int(fields["attempt"]), stream
    new = dict(fields)
    if attempt < max_attempts:
        new.update(attempt=str(attempt + 1))
    else:
        target = ":".join([stream, "dead"])
        new.update(error=error)
    flat = [part for item in new.items() for part in item]
    await redis.eval(MOVE, 2, stream, target, group, entry_id, *flat)
