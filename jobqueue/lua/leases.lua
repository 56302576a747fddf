#!lua flags=allow-oom,no-writes
-- The lease, and when it can first run out for some entry. A reaper may sleep until then.
-- KEYS settings (stream)*
--   settings: the hash with the lease; stream: a tier's
-- ARGV
-- @include ask leases
-- Returns {the lease in ms, the one to act on now (see set_lease.lua), ms until an entry may have been idle for it; -1:
-- nothing is pending}. It reads only entries in the last part of their lease, one second at most. An entry whose
-- heartbeat is in time is never among them. A reaper that sleeps for that long looks again.
local lease, in_force = leases(settings)
local last, soonest = math.floor(math.min(1000, in_force / 2)), nil
for i = 2, #KEYS do
  if (ask('XPENDING', KEYS[i], GROUP)[1] or 0) > 0 then soonest = soonest or last end
  for _, row in ipairs(ask('XPENDING', KEYS[i], GROUP, 'IDLE', in_force - last, '-', '+', 100)) do
    soonest = math.min(soonest, math.max(0, in_force - row[3]))
  end
end
return {lease, in_force, soonest or -1}
