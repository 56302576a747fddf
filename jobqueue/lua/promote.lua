#!lua flags=allow-oom
-- Move delayed tickets that are due to the tail of their tier, at most `limit` per tier.
-- KEYS totals events ended dead (delayed stream)*
--   totals, events, ended: see lib/count.lua; dead: the stream of dead letters; delayed, stream: a tier's
-- ARGV limit job_prefix (tier)*
--   limit: the most tickets per tier; job_prefix: how the keys of jobs' hashes begin; tier: high, normal or low
-- @include unpack_ticket append bury count now_ms try
-- Returns {how many were moved; milliseconds until the next is due, -1 if none is delayed; an error for each that
-- stays}.
-- Guards: F35 (tests/core/scripts/test_retry.py)
-- Guards: F41 F66 (tests/core/scripts/test_promote.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F54 (tests/core/worker/test_backoff.py)
-- Guards: F55 F56 (tests/explorer/package/test_scripts.py)
local now, moved, next_due, failures = now_ms(), 0, math.huge, {}

local function move(delayed, stream, tier, packed)
  local ticket = unpack_ticket(packed)
  if ticket then
    append(stream, job_prefix .. ticket.id, tier, ticket)
    count('promoted', {ticket.id}, {}, '')
  else
    bury(dead, '', {packed}, {id = '', tier = tier, entry = '', reason = 'malformed', worker = ''})
  end
  -- F55: add first, remove last: if the script stops in between, a job is doubled, not lost.
  -- F56: both in one script, so a second mover no longer sees the job.
  redis.call('ZREM', delayed, packed)
  moved = moved + 1
end

local function promote(delayed, stream, tier)
  -- F66: a limit, because Redis serves no other client until the script ends.
  for _, packed in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, limit)) do
    table.insert(failures, try(move)(delayed, stream, tier, packed))  -- without an error, that's nil, and adds nothing
  end
  local due = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  if due then next_due = math.min(next_due, math.max(0, tonumber(due) - now)) end
end

-- F41: try each by itself: a ticket, or a whole tier, that can't be moved must not hold up the others.
for i = 1, GROUPS do table.insert(failures, try(promote)(group(i))) end
return {moved, next_due < math.huge and next_due or -1, failures}
