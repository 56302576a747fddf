#!lua flags=allow-oom,no-writes
-- Where a job is. Waiting or pending is read from the PEL, not copied into the hash: XREADGROUP could not keep it true.
-- KEYS job
-- ARGV stream_prefix
-- Returns {place, hash as a flat list}; place is empty if the job is unknown, `lost` if its entry was deleted.
local job, prefix = KEYS[1], ARGV[1]

local flat, hash = redis.call('HGETALL', job), {}
for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end
local place = hash.state or ''
if place == 'queued' then
  local stream, entry = prefix .. hash.tier, hash.entry
  local rows = redis.pcall('XPENDING', stream, GROUP, entry, entry, 1)
  if not rows.err and #rows == 1 then
    place = 'pending'
  else
    place = #redis.call('XRANGE', stream, entry, entry) == 1 and 'waiting' or 'lost'
  end
end
return {place, flat}
