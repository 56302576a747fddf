#!lua flags=allow-oom
-- Hand an entry back without using up an attempt: at drain, or if it was delivered and never started.
-- KEYS totals events ended stream delayed dead
--   totals, events, ended: see lib/count.lua; stream, delayed: the tier's; dead: the stream of dead letters
-- ARGV tier consumer entry delay_ms started job_prefix
--   tier: high, normal or low; consumer: the worker; entry: the attempt's id in stream; delay_ms: milliseconds until the
--   job may run again; started: 1 if its handler was called, else 0; job_prefix: how the keys of jobs' hashes begin
-- @include holds read_raw to_ticket delay append bury note count leave
-- Returns 1 handed back, 0 it isn't ours: nothing was written.
-- A started attempt is handed back at most max_attempts times. After that it counts as an attempt, or a job that
-- outlasts every drain would never end.
-- Guards: F04 (tests/core/producer/test_cancelling.py)
-- Guards: F24 (tests/core/scripts/test_lost_lease.py)
-- Guards: F41 (tests/core/scripts/test_broken_hashes.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F67 (tests/core/worker/test_draining.py)
if not holds(stream, entry, consumer) then return 0 end
local ticket = to_ticket(read_raw(stream, entry))
local id = ticket and ticket.id or ''
local job = job_prefix .. id
if ticket and started == '1' then
  ticket.released = ticket.released + 1
  if ticket.released > ticket.max_attempts then ticket.attempt = ticket.attempt + 1 end
end
if ticket and ticket.attempt - ticket.lost <= ticket.max_attempts then
  if tonumber(delay_ms) > 0 then delay(delayed, job, tier, ticket, delay_ms) else append(stream, job, tier, ticket) end
  note(job, 'settled', entry)
  count('released', {id}, {entry}, consumer)
else
  bury(dead, job, read_raw(stream, entry), {id = id, tier = tier, entry = entry, worker = consumer,
    reason = ticket and 'released too often' or 'malformed'})
end
leave(stream, entry)
return 1
