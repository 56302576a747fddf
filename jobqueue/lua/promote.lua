#!lua flags=allow-oom
-- Move delayed tickets that are due to the tail of their tier, at most `limit` a tier.
-- KEYS dead totals (delayed stream)*
-- ARGV limit job_prefix (tier)*
-- Returns {how many were moved, milliseconds until the next is due; -1 if none is delayed}.
-- Each is added before it is removed: were the script to die in between, a job would be doubled, not lost.
local dead, totals, limit, job_prefix = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local now, moved, next_due = now_ms(), 0, -1

for i = 1, #ARGV - 2 do
  local delayed, stream, tier = KEYS[2 * i + 1], KEYS[2 * i + 2], ARGV[i + 2]
  for _, packed in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, limit)) do
    local ticket = unpack_ticket(packed)
    if ticket then
      append(stream, job_prefix .. ticket.id, tier, ticket)
      count(totals, 'promoted', {ticket.id}, {}, '')
    else
      bury(dead, totals, '', tier, '', '', {packed}, {'malformed', '', '', ''})
    end
    redis.call('ZREM', delayed, packed)
    moved = moved + 1
  end
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  if first[2] then
    local wait = math.max(0, tonumber(first[2]) - now)
    if next_due < 0 or wait < next_due then next_due = wait end
  end
end
return {moved, next_due}
