"""A class that registers a script, and passes the fields as JSON."""

import json

LUA = """
local held = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if #held == 0 then
    return 'late'
end
local flat = {}
for name, value in pairs(cjson.decode(ARGV[3])) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
end
redis.call('XADD', KEYS[2], '*', unpack(flat))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 'settled'
"""


class Settler:
    def __init__(self, redis, stream, group):
        self.stream, self.group = stream, group
        self.script = redis.register_script(LUA)

    async def move(self, target, entry_id, fields):
        return await self.script(keys=[self.stream, target], args=[self.group, entry_id, json.dumps(fields)])


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    settler = Settler(redis, stream, group)
    attempt = int(fields["attempt"])
    if attempt + 1 > max_attempts:
        return await settler.move(f"{stream}:dead", entry_id, {**fields, "last_error": error})
    return await settler.move(stream, entry_id, {**fields, "attempt": str(attempt + 1)})
