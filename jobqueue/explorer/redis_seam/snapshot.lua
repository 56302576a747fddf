-- All of Redis's content, read in one breath. Returns { now in ms, { key, type, ttl in ms, content }, … }, keys sorted.
-- KEYS: none; ARGV: none
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local read = {
  string = function(key) return redis.call('GET', key) end,
  hash = function(key) return redis.call('HGETALL', key) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  set = function(key) return redis.call('SMEMBERS', key) end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  stream = function(key) return redis.call('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0) end,
}
local keys = redis.call('KEYS', '*')
table.sort(keys)
local content = {}
for i, key in ipairs(keys) do
  local kind = redis.call('TYPE', key).ok
  content[i] = {key, kind, redis.call('PTTL', key), read[kind](key)}
end
return {now, content}
