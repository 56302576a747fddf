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
local id = ticket and ticket.id or ''
local job, silent, outcome = job_prefix .. id, 'no heartbeat from ' .. row[2] .. ' for a lease', nil
local attempt = ticket and ticket.attempt
if ticket and ticket.attempt < ticket.max_attempts then
  ticket.attempt, ticket.reaped = ticket.attempt + 1, 1
  append(stream, job, tier, ticket)
  outcome = 1
else
  bury(dead, totals, job, tier, entry, id, raw, {ticket and 'lease ran out' or 'malformed', silent, '', row[2]})
  outcome = 2
end
if ticket then remember(job, attempt, row[2], 'lease ran out', silent) end
count(totals, 'reaped', {id}, {entry}, row[2])
leave(stream, entry)
return outcome
