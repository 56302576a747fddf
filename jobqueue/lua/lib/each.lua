-- Call `act` with each group of keys and arguments that the header has in brackets; returns the list of its replies.
local function each(act)
  local replies = {}
  for i = 1, GROUPS do replies[#replies + 1] = act(group(i)) end
  return replies
end
