"""redis.pcall returns the error of a refused XADD, and nothing looks at it: the script returns normally.

bug: swallows-errors (F46)
"""

MOVE = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[2], ARGV[2], 1)[1]
if not row then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry then
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'attempt' then fields[i + 1] = fields[i + 1] + 1 end
  end
  redis.pcall('XADD', KEYS[1], '*', unpack(fields))
end
redis.pcall('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.pcall('XDEL', KEYS[1], ARGV[2])
return 1
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    for row in await redis.xpending_range(stream, group, "-", "+", 10_000, idle=stale_after_ms):
        await redis.eval(MOVE, 1, stream, group, row["message_id"], stale_after_ms)
