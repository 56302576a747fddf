"""In Lua."""

FIND = """
local found = {}
for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[2], '-', '+', 100000)) do
  found[#found + 1] = row[1]
end
return found
"""


async def find_orphans(redis, stream, group, idle_ms):
    return await redis.eval(FIND, 1, stream, group, idle_ms)
