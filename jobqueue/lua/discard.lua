#!lua flags=allow-oom
-- Throw dead letters away, together with their jobs' hashes.
-- KEYS totals events ended dead
--   totals, events, ended: see lib/count.lua; dead: the stream of dead letters
-- ARGV job_prefix limit (first last)*
--   job_prefix: how the keys of jobs' hashes begin; limit: the most letters per range; first, last: the ids of letters in
--   dead; one letter is a range, too
-- @include each_letter
-- Returns for each letter that's there {id, reply, ...}: 1 discarded, or the error that stopped this one.
-- Guards: F59 (tests/core/producer/test_discarding.py)

-- The states of a job that isn't among the dead.
local LIVES = {queued = true, delayed = true, done = true}

local function discard(found, letter)
  local job = job_prefix .. (found.id or '')
  -- F59: the job's hash goes, too, so its id is free again. But a letter altered by hand may name a job that lives.
  if not LIVES[redis.pcall('HGET', job, 'state')] then redis.call('DEL', job) end
  return redis.call('XDEL', dead, letter)
end

return each_letter('discarded', discard)
