#!lua flags=allow-oom
-- Take an entry away from its consumer once its lease has run out: for a new attempt, or dead if it has lost too many.
-- KEYS totals events ended stream dead
--   totals, events, ended: see lib/count.lua; stream: the tier's; dead: the stream of dead letters
-- ARGV tier entry lease_ms job_prefix
--   tier: high, normal or low; entry: the attempt's id in stream; lease_ms: milliseconds that it must have been without
--   a heartbeat; job_prefix: how the keys of jobs' hashes begin
-- @include read_raw to_ticket append bury remember count leave
-- Returns 1 requeued, 2 dead, 0 its lease has not run out: nothing was written.
-- Publishes the id on ended, if the job is dead.
-- A reaper can't know whether a worker is dead, only that it's silent. So a lost lease uses up no attempt: lost leases
-- are counted apart.
-- Guards: F04 F16 F22 (tests/core/scripts/test_reap.py)
-- Guards: F32 (tests/core/scripts/test_heartbeat.py)
-- Guards: F41 (tests/core/scripts/test_broken_hashes.py)
-- Guards: F21 (tests/core/producer/test_never_refused.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F20 F29 (tests/explorer/package/test_scripts.py)
-- Guards: F30 (tests/explorer/package/test_whole.py)
-- Guards: F10 (tests/core/storms/test_kill9.py)

-- F29: look again here, in the script that takes: since the reaper listed it, it may have been renewed, or taken.
-- F32: the row in the pending list is the lease, and there's no second index that could be lost.
local row = redis.call('XPENDING', stream, GROUP, 'IDLE', lease_ms, entry, entry, 1)[1]
if not row then return 0 end
local ticket, worker = to_ticket(read_raw(stream, entry)), row[2]
local id, error = ticket and ticket.id or '', 'no heartbeat from ' .. worker .. ' for a lease'
local job, most_lost = job_prefix .. id, 0
if ticket then
  -- F22: a worker's death says little about the job. But a job that kills its workers must end, too. And a job that may
  -- run only once isn't run again after a death either.
  most_lost = 1 + LOST_PER_REPEAT * (ticket.max_attempts - 1)
  -- F16, F22: count in a field of our own, and here, because a killed worker can't count.
  ticket.attempt, ticket.lost, ticket.reaped = ticket.attempt + 1, ticket.lost + 1, 1
  error = error .. string.format(' (lost lease %d of %d)', ticket.lost, most_lost)
end
local requeued = ticket and ticket.lost < most_lost
if requeued then
  -- F21: past the gate: this job was admitted long ago. F30: a new entry for any worker, claimed for no one.
  append(stream, job, tier, ticket)
  remember(job, ticket.attempt - 1, worker, 'lease ran out', error)
else
  bury(dead, job, read_raw(stream, entry), {id = id, tier = tier, entry = entry, worker = worker,
    reason = ticket and 'lease ran out' or 'malformed', error = error})
end
count('reaped', {id}, {entry}, worker)
-- F20: acknowledge last: if anything went wrong above, the job is doubled, not lost.
leave(stream, entry)
return requeued and 1 or 2
