"""A script per page: XAUTOCLAIM, and everything that follows, in one step."""

REAP = """
local reply = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], 'reaper', ARGV[2], ARGV[3], 'COUNT', 20)
for _, entry in ipairs(reply[2]) do
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'attempt' then fields[i + 1] = tonumber(fields[i + 1]) + 1 end
  end
  redis.call('XADD', KEYS[1], '*', unpack(fields))
  redis.call('XACK', KEYS[1], ARGV[1], entry[1])
  redis.call('XDEL', KEYS[1], entry[1])
end
return reply[1]
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    cursor = "0-0"
    while (cursor := await redis.eval(REAP, 1, stream, group, stale_after_ms, cursor)) != "0-0":
        pass
