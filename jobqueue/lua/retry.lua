#!lua flags=allow-oom
-- End a failed attempt; the next one waits in the delayed set until it is due.
-- KEYS totals events ended stream delayed dead job
--   totals, events, ended: see lib/count.lua; stream, delayed: the tier's; dead: the stream of dead letters; job: the
--   job's hash
-- ARGV tier consumer entry id delay_ms error
--   tier: high, normal or low; consumer: the worker; entry: the attempt's id in stream; id: the job's id; delay_ms:
--   milliseconds until the next attempt; error: the text of the failure
-- @include holds settled_before read_raw to_ticket delay bury remember note count leave
-- Returns 1 delayed, 2 settled before (the reply was lost), 0 the lease was lost: nothing was written.
-- Guards: F04 F16 F35 (tests/core/scripts/test_retry.py)
-- Guards: F24 (tests/core/scripts/test_lost_lease.py)
-- Guards: F41 (tests/core/scripts/test_broken_hashes.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F52 (tests/core/scripts/test_reap.py)
-- Guards: F54 (tests/core/worker/test_backoff.py)
if not holds(stream, entry, consumer) then return settled_before(job, entry) end
local ticket = to_ticket(read_raw(stream, entry))
if ticket then
  ticket.attempt, ticket.reaped = ticket.attempt + 1, 0
  -- F35, F54: it waits in the delayed set, where it takes up no lease and no slot of a worker.
  delay(delayed, job, tier, ticket, delay_ms)
  remember(job, ticket.attempt - 1, consumer, 'retried', error)
  count('retried', {id}, {entry}, consumer)
else
  error = 'its entry was deleted while it ran'
  bury(dead, job, read_raw(stream, entry), {id = id, tier = tier, entry = entry, worker = consumer,
    reason = 'malformed', error = error})
end
note(job, 'error', error, 'settled', entry)
leave(stream, entry)
return 1
