-- Call `act` with the fields and the id of each dead letter in the ranges that the header has in brackets, at most `limit`
-- of each range. It returns 1 if it has ended the letter. Counts those together as `what`; returns {id, reply, id, ...}.
-- @include ask to_table try count
local function each_letter(what, act)
  local replies, ids, letters = {}, {}, {}
  for i = 1, GROUPS do
    local first, last = group(i)
    for _, row in ipairs(ask('XRANGE', dead, first, last, 'COUNT', limit)) do
      local letter, fields = row[1], to_table(row[2])
      local reply = try(act)(fields, letter)  -- F41: one letter that can't be ended must not stop the others
      if reply == 1 then ids[#ids + 1], letters[#letters + 1] = fields.id or '', letter end
      replies[#replies + 1], replies[#replies + 2] = letter, reply
    end
  end
  if #ids > 0 then count(what, ids, letters, '') end
  return replies
end
