-- A ticket as the raw fields of an entry, {name, value, ...}, all of them texts. Workers read the same (see job.py).
local function to_raw(ticket)
  local attempt, max_attempts, reaped = tostring(ticket.attempt), tostring(ticket.max_attempts), tostring(ticket.reaped)
  return {'id', ticket.id, 'attempt', attempt, 'max_attempts', max_attempts, 'reaped', reaped,
    'released', tostring(ticket.released), 'lost', tostring(ticket.lost), 'body', ticket.body}
end
