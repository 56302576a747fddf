"""XACK says if it was first, and a script can't die in between. (Out of memory, it stops half-way: a remark.)"""

TAKE = """
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return nil end
if not entry then return nil end
redis.call('XDEL', KEYS[1], ARGV[2])
local fields = {}
for i, word in ipairs(entry[2]) do
    if i % 2 == 0 and entry[2][i - 1] == 'attempt' then word = word + 1 end
    fields[i] = word
end
return redis.call('XADD', KEYS[1], '*', unpack(fields))
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    script = redis.register_script(TAKE)
    rows = await redis.xpending_range(stream, group, min="-", max="+", count=100_000, idle=stale_after_ms)
    for row in rows:
        await script(keys=[stream], args=[group, row["message_id"]])
