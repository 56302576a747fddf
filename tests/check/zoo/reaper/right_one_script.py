"""Everything in one script, which lists as well."""

REAP = """
local rows = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', ARGV[2], '-', '+', 50)
for _, row in ipairs(rows) do
    local entry = redis.call('XRANGE', KEYS[1], row[1], row[1])[1]
    if entry then
        local command = {'XADD', KEYS[1], '*'}
        for i = 1, #entry[2], 2 do
            local name, value = entry[2][i], entry[2][i + 1]
            if name == 'attempt' then value = tostring(tonumber(value) + 1) end
            command[#command + 1] = name
            command[#command + 1] = value
        end
        redis.call(unpack(command))
    end
    redis.call('XACK', KEYS[1], ARGV[1], row[1])
    redis.call('XDEL', KEYS[1], row[1])
end
return #rows
"""


async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000):
    while await redis.eval(REAP, 1, stream, group, stale_after_ms):
        pass
