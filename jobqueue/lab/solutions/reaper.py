"""Lesson 03. List the stale entries. Then look again, add and remove in one script per entry, because a heartbeat or
another reaper may have come in between."""

REAP = """
local stream, group, entry, stale_after_ms = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local still_stale = redis.call('XPENDING', stream, group, 'IDLE', stale_after_ms, entry, entry, 1)[1]
if not still_stale then return 0 end
local job = redis.call('XRANGE', stream, entry, entry)[1]
if job then
  local fields = job[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'attempt' then fields[i + 1] = fields[i + 1] + 1 end
  end
  redis.call('XADD', stream, '*', unpack(fields))
end
redis.call('XACK', stream, group, entry)
redis.call('XDEL', stream, entry)
return 1
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    reap = redis.register_script(REAP)
    start = "-"
    while page := await redis.xpending_range(stream, group, start, "+", 100, idle=stale_after_ms):
        for row in page:
            await reap(keys=[stream], args=[group, row["message_id"], stale_after_ms])
        start = "(" + page[-1]["message_id"]  # the next page
