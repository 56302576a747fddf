#!lua flags=allow-oom,no-writes
-- The whole queue at one instant. O(tiers + consumers), however long it is.
-- KEYS dead totals (stream delayed)*
--   dead: the stream of dead letters; totals: the hash of counts; stream, delayed: a tier's
-- ARGV
-- @include ask number oldest_age each
-- Returns {dead, totals as a flat list, {waiting, pending, delayed, oldest waiting age in ms or -1} for each tier}.
-- Guards: F17 (tests/core/scripts/test_looking.py)
local function count_tier(stream, delayed)
  local pending = ask('XPENDING', stream, GROUP)[1] or 0
  -- F17: count by XLEN, because the group's lag may be nil. An entry deleted by hand stays pending, so stop at 0.
  local waiting = math.max(0, number('XLEN', stream) - pending)
  return {waiting, pending, number('ZCARD', delayed), oldest_age(stream)}
end

return {number('XLEN', dead), ask('HGETALL', totals), each(count_tier)}
