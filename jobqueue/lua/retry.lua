#!lua flags=allow-oom
-- End a failed attempt; the next one waits in the delayed set until it is due.
-- KEYS stream delayed dead job totals
-- ARGV tier consumer entry id delay_ms error
-- Returns 1 delayed, 2 settled before (the reply was lost), 0 the lease was lost: nothing was written.
local stream, delayed, dead, job, totals = unpack(KEYS)
local tier, consumer, entry, id, delay_ms, error = unpack(ARGV)

if not holds(stream, entry, consumer) then return settled_before(job, entry) end
local raw = read_raw(stream, entry)
local ticket = to_ticket(raw)
if ticket then
  ticket.attempt, ticket.reaped = ticket.attempt + 1, 0
  delay(delayed, job, tier, ticket, delay_ms)
  remember(job, ticket.attempt - 1, consumer, 'retried', error)
  note(job, 'error', error)
  count(totals, 'retried', {id}, {entry}, consumer)
else
  bury(dead, totals, job, tier, entry, id, raw, {'malformed', 'its entry was deleted while it ran', '', consumer})
end
note(job, 'settled', entry)
leave(stream, entry)
return 1
