#!lua
-- Accept jobs, each once: the repeat of a call whose reply was lost adds nothing, even if the tier has filled since.
-- KEYS totals gate (stream delayed job)*
-- ARGV (tier id max_attempts body delay_ms low high)*
-- Returns for each: 1 accepted; 0 known already (waiting, running, done or dead), nothing was written; or, when its tier
-- is full, {depth, how many entries ever left the tier's stream, server time in ms}, and nothing was added. A high of 0
-- is no limit. Look and add are one step, or N producers would all find the last place free.
-- Guards against a full memory by its plain `#!lua`: out of memory, the script is refused before it starts.
local totals, gate, accepted = KEYS[1], KEYS[2], {}

-- A gate closed at the high watermark opens at the low one: between them, depth alone does not tell which way it goes.
local function has_room(stream, delayed, tier, low, high)
  if high == 0 then return true end
  local depth = redis.call('XLEN', stream) + redis.call('ZCARD', delayed)
  local mine = tier .. ' ' .. high  -- producers with other watermarks have a gate of their own
  local closed = redis.call('HGET', gate, mine) == 'closed'
  local room = depth < high and (not closed or depth <= low)
  local close = not room or depth + 1 == high  -- whoever takes the last place closes the gate behind him
  if close and not closed then redis.call('HSET', gate, mine, 'closed') end
  if closed and not close then redis.call('HDEL', gate, mine) end
  if room then return true end
  local info = redis.pcall('XINFO', 'STREAM', stream)  -- on a flushed server, delayed jobs alone may fill a tier
  for i = 1, info.err and 0 or #info, 2 do info[info[i]] = info[i + 1] end
  return false, {depth, (info['entries-added'] or 0) - (info['length'] or 0), now_ms()}
end

local function enqueue(stream, delayed, job, tier, id, max_attempts, body, delay_ms, low, high)
  if redis.call('EXISTS', job) == 1 then return 0 end
  local room, full = has_room(stream, delayed, tier, tonumber(low), tonumber(high))
  if not room then return full end
  local ticket = {id = id, attempt = 1, max_attempts = max_attempts, reaped = 0, released = 0, body = body}
  if tonumber(delay_ms) > 0 then delay(delayed, job, tier, ticket, delay_ms) else append(stream, job, tier, ticket) end
  accepted[#accepted + 1] = id
  return 1
end

local replies = {}
for i = 1, (#KEYS - 2) / 3 do
  local k, a = 3 * i, 7 * i - 6
  replies[i] = enqueue(KEYS[k], KEYS[k + 1], KEYS[k + 2], unpack(ARGV, a, a + 6))
end
if #accepted > 0 then count(totals, 'accepted', accepted, {}, '') end
return replies
