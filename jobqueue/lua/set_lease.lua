#!lua flags=allow-oom
-- Set the lease, for every worker and reaper of the queue.
-- KEYS settings (stream)*
--   settings: the hash where the lease is kept; stream: a tier's, to see if there are workers
-- ARGV lease_ms
--   lease_ms: the new lease in milliseconds
-- @include leases now_ms
-- Returns for how many ms reapers go on with the old lease.
-- A worker learns of a shorter lease at its next heartbeat, and until then it beats at the old pace. So while there are
-- workers, reapers wait for one old lease before they act on a shorter one.
-- Guards: F23 (tests/core/worker/test_reaper.py)
local workers, _, old = 0, leases(settings)
for i = 2, #KEYS do workers = workers + #redis.pcall('XINFO', 'CONSUMERS', KEYS[i], GROUP) end
-- F23: at once, a shorter lease would have slow but living workers reaped.
local patience = workers > 0 and tonumber(lease_ms) < old and old or 0
redis.call('HSET', settings, 'lease_ms', lease_ms, 'old_lease_ms', old, 'old_until_ms', now_ms() + patience)
return patience
