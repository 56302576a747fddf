"""List, then look, add and remove in one script per entry, as the package does it."""

REAP = """#!lua flags=allow-oom
local row = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[3], ARGV[2], ARGV[2], 1)[1]
if not row then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if entry then
    local fields = entry[2]
    for i = 1, #fields, 2 do
        if fields[i] == 'attempt' then fields[i + 1] = fields[i + 1] + 1 end
    end
    redis.call('XADD', KEYS[1], '*', unpack(fields))
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    reap = redis.register_script(REAP)
    start = "-"
    while page := await redis.xpending_range(stream, group, start, "+", 100, idle=stale_after_ms):
        for row in page:
            await reap(keys=[stream], args=[group, row["message_id"], stale_after_ms])
        start = "(" + page[-1]["message_id"]
