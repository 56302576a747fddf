-- Milliseconds since the oldest waiting job became waiting (its entry id says when); -1 if none waits.
-- @include ask now_ms number find_row
local function oldest_age(stream)
  local group = number('XLEN', stream) > 0 and find_row(GROUP, 'GROUPS', stream)
  local rows = group and ask('XRANGE', stream, '(' .. group['last-delivered-id'], '+', 'COUNT', 1) or {}
  return rows[1] and math.max(0, now_ms() - tonumber(string.match(rows[1][1], '^%d+'))) or -1
end
