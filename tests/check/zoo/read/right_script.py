"""In Lua, page by page."""

READ = """
local ids, after = {}, ARGV[1]
while true do
  local page = redis.call('XRANGE', KEYS[1], '(' .. after, '+', 'COUNT', 100)
  if #page == 0 then return ids end
  for _, entry in ipairs(page) do ids[#ids + 1] = entry[1] end
  after = ids[#ids]
end
"""


async def read_after(redis, stream, after):
    read = redis.register_script(READ)
    return await read(keys=[stream], args=[after])
