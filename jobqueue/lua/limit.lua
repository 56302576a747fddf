#!lua
-- Take the next place in a line of callers. The line moves at `rate` per second, however the callers come.
-- KEYS line
--   line: the server time in ms at which the next place comes up; the key expires once the line is empty
-- ARGV rate room
--   rate: places per second; room: how many callers may have to wait
-- @include now_ms
-- Returns milliseconds until the place comes up; or, when the line is full, minus the milliseconds until it is not.
-- A leaky bucket has its caller wait for its place. A token bucket lets it go on at once: each free place is a token.
local now, apart = now_ms(), 1000 / rate
local wait = math.max(0, (tonumber(redis.call('GET', line)) or 0) - now)
-- 0.01: a sum of times in ms is exact to less than that.
if wait > room * apart + 0.01 then return -math.ceil(wait - room * apart) end
redis.call('SET', line, now + wait + apart, 'PX', math.ceil(wait + apart) + 1000)
return math.ceil(wait)
