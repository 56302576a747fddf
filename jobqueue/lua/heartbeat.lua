#!lua flags=allow-oom
-- Renew the leases of the jobs a worker runs.
-- KEYS settings (stream)*
--   settings: the hash with the lease; stream: that of the job's tier
-- ARGV consumer (entry)*
--   consumer: the worker; entry: the attempt's id in stream
-- @include holds leases each
-- Returns {the lease in ms, by which the next beat is due; for each entry: 1 renewed, 0 the lease was lost}.
-- Guards: F25 F26 F32 (tests/core/scripts/test_heartbeat.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F23 (tests/core/worker/test_leases.py)
local function renew(stream, entry)
  -- F26: look first, or a worker that was too slow steals its job back from the worker that runs it now.
  if not holds(stream, entry, consumer) then return 0 end
  -- F25, F32: XCLAIM to yourself resets the very idle time that the reaper reads. The lease is stored nowhere else.
  redis.call('XCLAIM', stream, GROUP, consumer, 0, entry, 'JUSTID')
  return 1
end

return {(leases(settings)), each(renew)}
