#!lua flags=allow-oom,no-writes
-- Where a job is.
-- KEYS job
--   job: the job's hash, which says in which tier it's queued, and as which entry
-- ARGV prefix
--   prefix: how all keys of the queue begin
-- @include ask to_table holds read_raw
-- Returns {place, hash as a flat list}; place is empty if the job is unknown, `lost` if its entry was deleted or its
-- hash doesn't say where it is.
-- Guards: F31 (tests/core/scripts/test_looking.py)
local flat = ask('HGETALL', job)
local hash = to_table(flat)
local place = hash.state or (next(flat) and 'lost' or '')
if place == 'queued' then
  local stream, entry = prefix .. (hash.tier or ''), hash.entry
  -- F31: whether it's pending is read from the pending list. XREADGROUP can't stamp a copy of that into the hash.
  place = holds(stream, entry) and 'pending' or #read_raw(stream, entry) > 0 and 'waiting' or 'lost'
end
return {place, flat}
