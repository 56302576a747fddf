#!lua flags=allow-oom,no-writes
-- The whole queue at one instant. O(tiers + consumers), whatever its length.
-- KEYS dead totals (stream delayed)*
-- ARGV
-- Returns {dead, totals as a flat list, {waiting, pending, delayed, oldest waiting age in ms or -1} for each tier}.
local tiers = {}
for i = 1, (#KEYS - 2) / 2 do
  local stream, delayed = KEYS[2 * i + 1], KEYS[2 * i + 2]
  local info = group_info(stream)
  local pending = info and info.pending or 0
  -- An entry deleted by hand stays pending, and would make it less than none that waits, and the whole tier look idle.
  local waiting = math.max(0, redis.call('XLEN', stream) - pending)
  tiers[i] = {waiting, pending, redis.call('ZCARD', delayed), oldest_age(stream, info)}
end
return {redis.call('XLEN', KEYS[1]), redis.call('HGETALL', KEYS[2]), tiers}
