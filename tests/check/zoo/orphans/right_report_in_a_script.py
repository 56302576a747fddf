"""The same report in Lua, with TIME."""

FIND = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function field(row, name)
  for i = 1, #row, 2 do if row[i] == name then return row[i + 1] end end
end
local orphans = {}
local report = redis.call('XINFO', 'STREAM', KEYS[1], 'FULL', 'COUNT', 0)
for _, group in ipairs(field(report, 'groups')) do
  if field(group, 'name') == ARGV[1] then
    for _, row in ipairs(field(group, 'pending')) do
      if now - row[3] >= tonumber(ARGV[2]) then orphans[#orphans + 1] = row[1] end
    end
  end
end
return orphans
"""


async def find_orphans(redis, stream, group, idle_ms):
    return await redis.eval(FIND, 1, stream, group, idle_ms)
