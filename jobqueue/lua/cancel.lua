#!lua flags=allow-oom
-- Take back a job that isn't running: it's waiting or delayed.
-- KEYS totals events ended job
--   totals, events, ended: see lib/count.lua; job: the job's hash, which says in which tier it waits, and where
-- ARGV id prefix result_ttl_ms
--   id: the job's id; prefix: how all keys of the queue begin; result_ttl_ms: milliseconds that the hash is kept
-- @include ask to_ticket read_raw unpack_ticket holds note count
-- Returns 1 cancelled, 0 it's running, done, dead or unknown: nothing was written.
-- Publishes the id on ended, if the job is cancelled.
-- Only an entry that's in no pending list is deleted. XREADGROUP won't deliver it after that.
-- Guards: F04 (tests/core/producer/test_cancelling.py)
local state, tier, entry, due = unpack(ask('HMGET', job, 'state', 'tier', 'entry', 'due_ms'))
local stream, delayed, gone = prefix .. (tier or ''), prefix .. 'delayed:' .. (tier or ''), 0
if state == 'queued' then
  local ticket = to_ticket(read_raw(stream, entry))
  if ticket and ticket.id == id and not holds(stream, entry) then gone = redis.call('XDEL', stream, entry) end
elseif state == 'delayed' then
  for _, packed in ipairs(ask('ZRANGEBYSCORE', delayed, due, due)) do
    local ticket = unpack_ticket(packed)
    if ticket and ticket.id == id then gone = redis.call('ZREM', delayed, packed) end
  end
end
if gone == 0 then return 0 end
note(job, 'state', 'cancelled')
redis.pcall('PEXPIRE', job, result_ttl_ms)
count('cancelled', {id}, {}, '')
return 1
