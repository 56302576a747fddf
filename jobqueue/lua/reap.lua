#!lua flags=allow-oom
-- Take an entry whose lease ran out away from its consumer: a new attempt, or the dead letters if that was the last.
-- KEYS stream dead totals
-- ARGV tier entry lease_ms job_prefix
-- Returns 1 requeued, 2 dead, 0 its lease has not run out: nothing was written.
-- The look is here and not where the reaper lists, because a heartbeat may have come in between. It asks for silence,
-- not for death: a reaper can not know whether a worker is dead.
local stream, dead, totals = unpack(KEYS)
local tier, entry, lease_ms, job_prefix = unpack(ARGV)

local row = redis.call('XPENDING', stream, GROUP, 'IDLE', lease_ms, entry, entry, 1)[1]
if not row then return 0 end
local raw = read_raw(stream, entry)
local ticket = to_ticket(raw)
local outcome
if ticket and ticket.attempt < ticket.max_attempts then
  ticket.attempt, ticket.reaped = ticket.attempt + 1, 1
  append(stream, job_prefix .. ticket.id, tier, ticket)
  outcome = 1
else
  local why = ticket and {'lease ran out', 'no heartbeat from ' .. row[2] .. ' on the last attempt', '', row[2]}
    or {'malformed', '', '', row[2]}
  bury(dead, ticket and job_prefix .. ticket.id, tier, entry, ticket and ticket.id or '', raw, why)
  redis.call('HINCRBY', totals, 'dead', 1)
  outcome = 2
end
redis.call('HINCRBY', totals, 'reaped', 1)
leave(stream, entry)
return outcome
