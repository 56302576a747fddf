#!lua
-- Accept a job, once: the repeat of a call whose reply was lost adds nothing.
-- KEYS stream job totals
-- ARGV tier id max_attempts body
-- Returns 1 accepted, 0 known already (waiting, running, done or dead): nothing was written.
-- Guards against a full memory by its plain `#!lua`: out of memory, the script is refused before it starts.
local stream, job, totals = unpack(KEYS)
local tier, id, max_attempts, body = unpack(ARGV)

if redis.call('EXISTS', job) == 1 then return 0 end
append(stream, job, tier, {id = id, attempt = 1, max_attempts = max_attempts, reaped = 0, released = 0, body = body})
redis.call('HINCRBY', totals, 'accepted', 1)
return 1
