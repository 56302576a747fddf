"""XACK says if it was first, and a script can't die in between."""

SETTLE = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
return redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
"""


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    fields = dict(fields)
    target = stream
    if int(fields["attempt"]) >= max_attempts:
        target = f"{stream}:dead"
        fields["error"] = error
    else:
        fields["attempt"] = int(fields["attempt"]) + 1
    await redis.eval(SETTLE, 2, stream, target, group, entry_id, *sum(fields.items(), ()))
