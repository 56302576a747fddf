#!lua
-- Accept jobs, each once. If a reply was lost, a second call adds nothing, even if the tier has filled up since.
-- KEYS totals events ended gate (stream delayed job)*
--   totals, events, ended: see lib/count.lua; gate: the hash of closed tiers; stream, delayed: the tier's; job: the
--   job's hash
-- ARGV (tier id max_attempts body delay_ms low high)*
--   tier: high, normal or low; id: the job's id; max_attempts: how many may fail; body: JSON, which no script reads;
--   delay_ms: milliseconds until it may run; low, high: the tier's watermarks in jobs; a high of 0 is no limit
-- @include append delay to_table ask now_ms count each try
-- Returns for each: 1 accepted; 0 known already (waiting, running, done or dead), nothing was written; or, when its tier
-- is full, {depth, how many entries ever left the tier's stream, server time in ms}, and nothing was added; or the
-- error that stopped this one.
-- F46: with this first line, Redis refuses the script before it starts if memory is full.
-- Guards: F39 F59 (tests/core/scripts/test_enqueue.py)
-- Guards: F03 F45 (tests/core/producer/test_capacity.py)
-- Guards: F43 (tests/core/producer/test_races_for_a_place.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F41 F44 (tests/core/server/test_permissions.py)
local accepted, depths = {}, {}  -- depths: by tier, so that each is read once

-- Nothing if the tier has room. A gate that closed at the high watermark opens at the low one. Between them, the depth
-- alone can't say if it's open.
-- F45: the gate opens by the depth, never by a TTL. F44: if the depth can't be read, the error stops this job.
local function refusal(stream, delayed, tier, low, high)
  -- Producers with other watermarks have a gate of their own.
  local mine, depth = tier .. ' ' .. high, depths[tier] or redis.call('XLEN', stream) + redis.call('ZCARD', delayed)
  -- A gate is needed only if there are depths between the watermarks.
  local closed = high - low > 1 and redis.pcall('HGET', gate, mine) == 'closed'
  local full = depth >= high or closed and depth > low
  local close = full or depth + 1 == high  -- the job that takes the last place closes the gate
  if high - low > 1 and close and not closed then redis.pcall('HSET', gate, mine, 'closed') end
  if closed and not close then redis.pcall('HDEL', gate, mine) end
  depths[tier] = depth
  if not full then return nil end
  local info = to_table(ask('XINFO', 'STREAM', stream))  -- none, if delayed jobs alone fill the tier
  return {depth, (info['entries-added'] or 0) - (info['length'] or 0), now_ms()}
end

local function enqueue(stream, delayed, job, tier, id, max_attempts, body, delay_ms, low, high)
  -- F39, F59: an id is taken for as long as its job's hash exists, and no longer.
  if redis.call('EXISTS', job) == 1 then return 0 end
  -- F43: look and add in one script, or N producers all find the last place free.
  -- F03: refuse the new job, and never trim old ones to make room.
  local full = high ~= '0' and refusal(stream, delayed, tier, tonumber(low), tonumber(high))
  if full then return full end
  local ticket = {id = id, attempt = 1, max_attempts = max_attempts, reaped = 0, released = 0, lost = 0, body = body}
  if tonumber(delay_ms) > 0 then delay(delayed, job, tier, ticket, delay_ms) else append(stream, job, tier, ticket) end
  accepted[#accepted + 1], depths[tier] = id, depths[tier] and depths[tier] + 1
  return 1
end

-- F41: one job that can't be added must not stop the others, or leave their answers unknown.
local replies = each(try(enqueue))
if #accepted > 0 then count('accepted', accepted, {}, '') end
return replies
