"""Says how long it took, with clocks imported by their names."""

import logging
from time import monotonic as clock
from time import time

TAKE = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[2], ARGV[2], 1)[1]
if not row then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry then
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'attempt' then entry[2][i + 1] = entry[2][i + 1] + 1 end
  end
  redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
end
redis.call('XDEL', KEYS[1], ARGV[2])
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    began, reaped = clock(), 0
    rows = await redis.xpending_range(stream, group, "-", "+", 10_000)
    for row in rows:
        if row["time_since_delivered"] >= stale_after_ms:
            reaped += await redis.eval(TAKE, 1, stream, group, row["message_id"], stale_after_ms)
    logging.info("reaped %d of %d by %.0f, in %.3f s", reaped, len(rows), time(), clock() - began)
