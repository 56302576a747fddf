"""In Lua, numbers made texts, and without the limit itself.

bug: compares-texts
"""

FIND = """
local orphans = {}
for _, row in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 10000)) do
  if tostring(row[3]) > ARGV[2] then table.insert(orphans, row[1]) end
end
return orphans
"""


async def find_orphans(redis, stream, group, idle_ms):
    return await redis.eval(FIND, 1, stream, group, idle_ms)
