#!lua
-- Take the next place in a line that moves at `rate` a second, however the callers come; `depth` may stand in it.
-- KEYS bucket
-- ARGV rate depth
-- Returns milliseconds until the place comes up; or, when the line is full, minus the milliseconds until it is not.
local bucket, rate, depth = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])

local now, apart = now_ms(), 1000 / rate
local mine = math.max(now, tonumber(redis.call('GET', bucket)) or 0)
local wait = mine - now
if wait > depth * apart then return -math.ceil(wait - depth * apart) end
redis.call('SET', bucket, string.format('%.3f', mine + apart), 'PX', math.ceil(wait + apart) + 1000)
return math.ceil(wait)
