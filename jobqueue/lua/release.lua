#!lua flags=allow-oom
-- Hand an entry back without using up an attempt: at drain, or when it was delivered and never started.
-- KEYS stream delayed dead totals
-- ARGV tier consumer entry delay_ms started job_prefix
-- Returns 1 handed back, 0 not ours (any more): nothing was written.
-- An attempt that was started is handed back at most max_attempts times; after that it counts as an attempt, or a job
-- that outlasts every drain would go round for ever.
local stream, delayed, dead, totals = unpack(KEYS)
local tier, consumer, entry, delay_ms, started, job_prefix = unpack(ARGV)

if not holds(stream, entry, consumer) then return 0 end
local raw = read_raw(stream, entry)
local ticket = to_ticket(raw)
if ticket and started == '1' then
  ticket.released = ticket.released + 1
  if ticket.released > ticket.max_attempts then ticket.attempt = ticket.attempt + 1 end
end
if ticket and ticket.attempt <= ticket.max_attempts then
  local job = job_prefix .. ticket.id
  if tonumber(delay_ms) > 0 then delay(delayed, job, tier, ticket, delay_ms) else append(stream, job, tier, ticket) end
  note(job, 'settled', entry)
  count(totals, 'released', {ticket.id}, {entry}, consumer)
else
  local reason = ticket and 'released too often' or 'malformed'
  local id = ticket and ticket.id or ''
  bury(dead, totals, job_prefix .. id, tier, entry, id, raw, {reason, '', '', consumer})
  if ticket then remember(job_prefix .. id, ticket.attempt - 1, consumer, reason, '') end
end
leave(stream, entry)
return 1
