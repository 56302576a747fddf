-- A ticket as the raw fields of an entry, {name, value, ...}. Workers read the same (see job.py).
local function to_raw(ticket)
  return {'id', ticket.id, 'attempt', ticket.attempt, 'max_attempts', ticket.max_attempts, 'reaped', ticket.reaped,
    'released', ticket.released, 'lost', ticket.lost, 'body', ticket.body}
end
