"""Claims with XAUTOCLAIM, and moves by a script that asks if the entry is still its own."""

import os
import socket

MOVE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1, ARGV[3]) == 0 then return 0 end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])) do
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == 'attempt' then fields[i + 1] = tostring(tonumber(fields[i + 1]) + 1) end
  end
  redis.call('XADD', KEYS[1], '*', unpack(fields))
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    me = f"reaper@{socket.gethostname()}:{os.getpid()}"
    cursor = "0-0"
    while True:
        cursor, entries, _ = await redis.xautoclaim(stream, group, me, stale_after_ms, cursor, count=100)
        for entry_id, _ in entries:
            await redis.eval(MOVE, 1, stream, group, entry_id, me)
        if cursor == "0-0":
            return
