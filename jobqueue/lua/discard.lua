#!lua flags=allow-oom
-- Throw dead letters away, together with their jobs' hashes.
-- KEYS totals events ended dead
--   totals, events, ended: see lib/count.lua; dead: the stream of dead letters
-- ARGV job_prefix (letter)*
--   job_prefix: how the keys of jobs' hashes begin; letter: its id in dead
-- @include to_table read_raw count each try
-- Returns for each: 1 discarded, 0 no such letter, or the error that stopped this one.
-- Guards: F59 (tests/core/producer/test_discarding.py)

-- The states of a job that isn't among the dead.
local LIVES = {queued = true, delayed = true, done = true}

local function discard(letter)
  local found = to_table(read_raw(dead, letter))
  if not next(found) then return 0 end
  local job = job_prefix .. (found.id or '')
  -- F59: the job's hash goes, too, so its id is free again. But a letter altered by hand may name a job that lives.
  if not LIVES[redis.pcall('HGET', job, 'state')] then redis.call('DEL', job) end
  redis.call('XDEL', dead, letter)
  count('discarded', {found.id or ''}, {letter}, '')
  return 1
end

return each(try(discard))
