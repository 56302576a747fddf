#!lua
-- Take a token, if there is one. The bucket fills at `rate` a second, up to `burst`; it is full when it is new.
-- KEYS bucket
-- ARGV rate burst
-- Returns milliseconds until there will be a token; 0: one was taken.
local bucket, rate, burst = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])

local now = now_ms()
local seen = redis.call('HMGET', bucket, 'tokens', 'at')
local tokens, at = tonumber(seen[1]) or burst, tonumber(seen[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate / 1000)
if tokens < 1 then return math.ceil((1 - tokens) * 1000 / rate) end
redis.call('HSET', bucket, 'tokens', tokens - 1, 'at', string.format('%.0f', now))
redis.call('PEXPIRE', bucket, math.ceil(burst * 1000 / rate) + 1000)
return 0
