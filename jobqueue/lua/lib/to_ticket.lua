-- The ticket in the raw fields of an entry: a table that says what the job is, and how its attempts went so far. Nil if
-- it isn't one of ours. Fields that were packed as JSON may have any type. A table in place of a text would fail only
-- later, in the middle of a move.
-- @include digits
local COUNTS = {'attempt', 'max_attempts', 'released', 'lost'}

local function to_ticket(raw)
  local ticket = {released = '0', lost = '0'}  -- older tickets lack them
  for i = 1, #raw, 2 do
    if type(raw[i]) ~= 'string' or type(raw[i + 1]) ~= 'string' then return nil end
    ticket[raw[i]] = raw[i + 1]
  end
  for _, name in ipairs(COUNTS) do ticket[name] = digits(ticket[name], 4) or -1 end
  local counts = ticket.max_attempts > 0 and ticket.released >= 0 and ticket.lost >= 0 and ticket.lost < ticket.attempt
  return counts and ticket.body and ticket.reaped and (ticket.id or '') ~= '' and ticket or nil
end
