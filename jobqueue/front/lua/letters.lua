#!lua flags=allow-oom,no-writes
-- Say of a page of dead letters in which tier each was, and why it was given up. Their payloads stay in Redis.
-- KEYS dead
--   dead: the stream of dead letters
-- ARGV after limit
--   after: the id of the last letter of the page before, or 0-0; limit: the most letters of a page
-- @include ask number to_table
-- Returns {how many letters there are; the id of the page's last one, or after; tier, reason, tier, reason …}.
local reply = {number('XLEN', dead), after}
for _, entry in ipairs(ask('XRANGE', dead, '(' .. after, '+', 'COUNT', limit)) do
  local letter = to_table(entry[2])
  reply[2] = entry[1]
  table.insert(reply, letter.tier or '')
  table.insert(reply, letter.reason or '')
end
return reply
