#!lua flags=allow-oom
-- Take back a job that does not run: it waits, or is delayed.
-- KEYS job totals
-- ARGV id stream_prefix result_ttl_ms
-- Returns 1 cancelled, 0 it runs, is done, dead or unknown: nothing was written.
-- An entry that is on nobody's PEL can be deleted: XREADGROUP will not deliver it.
local job, totals = unpack(KEYS)
local id, prefix, ttl = unpack(ARGV)

local state, tier, entry, due = unpack(redis.call('HMGET', job, 'state', 'tier', 'entry', 'due_ms'))
if state == 'queued' then
  local stream = prefix .. tier
  local rows = redis.pcall('XPENDING', stream, GROUP, entry, entry, 1)
  if (not rows.err and #rows == 1) or redis.call('XDEL', stream, entry) == 0 then return 0 end
elseif state == 'delayed' then
  local delayed, gone = prefix .. 'delayed:' .. tier, 0
  for _, packed in ipairs(redis.call('ZRANGEBYSCORE', delayed, due, due)) do
    local ticket = unpack_ticket(packed)
    if ticket and ticket.id == id then gone = redis.call('ZREM', delayed, packed) end
  end
  if gone == 0 then return 0 end
else
  return 0
end
note(job, 'state', 'cancelled')
redis.call('PEXPIRE', job, ttl)
count(totals, 'cancelled', {id}, {}, '')
redis.call('PUBLISH', string.gsub(totals, 'totals$', 'ended'), cjson.encode({id}))
return 1
