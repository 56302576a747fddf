-- Add a letter to the dead ones: the raw fields as they were; id, tier, entry, reason and worker; and error and
-- traceback, if there are any. An entry that isn't one of ours has no id and no job's hash. It was never accepted, so
-- it's counted as foreign.
-- @include count note remember to_ticket
local function bury(dead, job, raw, letter)
  local ticket, ours, error = to_ticket(raw), letter.id ~= '', letter.error or ''
  redis.call('XADD', dead, '*', 'id', letter.id, 'tier', letter.tier, 'entry', letter.entry, 'reason', letter.reason,
    'error', error, 'traceback', letter.traceback or '', 'worker', letter.worker, 'ticket', cjson.encode(raw))
  if ours then note(job, 'state', 'dead', 'reason', letter.reason, 'error', error) end
  if ours and ticket then remember(job, ticket.attempt, letter.worker, letter.reason, error) end
  if not ours then redis.pcall('HINCRBY', totals, 'foreign', 1) end
  count('dead', {letter.id}, {letter.entry}, letter.worker)
end
