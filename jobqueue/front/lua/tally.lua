#!lua flags=allow-oom
-- Count a page of dead letters that aren't counted yet, by tier and reason. A count stays, whatever becomes of the letter.
-- KEYS dead buried
--   dead: the stream of dead letters; buried: the hash of counts, with the id of the last letter that's counted
-- ARGV limit
--   limit: the most letters of a page
-- @include ask to_table
-- Returns {how many were counted now; the hash as a flat list}.
local after = redis.call('HGET', buried, 'after') or '0-0'
local page = ask('XRANGE', dead, '(' .. after, '+', 'COUNT', limit)
for _, entry in ipairs(page) do
  local letter = to_table(entry[2])
  redis.call('HINCRBY', buried, (letter.tier or '') .. ' ' .. (letter.reason or ''), 1)
  redis.call('HSET', buried, 'after', entry[1])
end
return {#page, redis.call('HGETALL', buried)}
