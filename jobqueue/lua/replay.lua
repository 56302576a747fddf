#!lua flags=allow-oom
-- Give dead jobs another life: they go to the tail of their tier, and their attempts count from 1 again.
-- KEYS totals events ended dead
--   totals, events, ended: see lib/count.lua; dead: the stream of dead letters
-- ARGV prefix job_prefix limit (first last)*
--   prefix: how all keys of the queue begin; job_prefix: how those of jobs' hashes begin; limit: the most letters per
--   range; first, last: the ids of letters in dead; one letter is a range, too
-- @include each_letter unpack_ticket append
-- Returns for each letter that's there {id, reply, ...}: 1 waiting again, -1 it is no job of ours, or the error that
-- stopped this one.
-- Guards: F58 (tests/core/producer/test_replaying.py)
local function replay(found, letter)
  local ticket = unpack_ticket(found.ticket or '')
  if not ticket or ticket.id ~= found.id or not TIERS[found.tier] then return -1 end
  -- F58: start the attempts over, or it's dead again at once. Count the replays: a job that keeps dying needs a repair.
  ticket.attempt, ticket.reaped, ticket.released, ticket.lost = 1, 0, 0, 0
  append(prefix .. found.tier, job_prefix .. ticket.id, found.tier, ticket)
  redis.pcall('HINCRBY', job_prefix .. ticket.id, 'replays', 1)
  return redis.call('XDEL', dead, letter)
end

return each_letter('replayed', replay)
