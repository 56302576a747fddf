-- The lease of the queue in milliseconds, and the one that reapers act on: the old one, until every heartbeat has
-- learned of a shorter one. If it isn't as set_lease writes it: better the default lease than no heartbeat.
-- @include ask digits now_ms
local function leases(settings)
  local stored = ask('HMGET', settings, 'lease_ms', 'old_lease_ms', 'old_until_ms')
  local lease, old = digits(stored[1], 11) or 0, digits(stored[2], 11) or 0
  if lease < SHORTEST_LEASE_MS then lease = DEFAULT_LEASE_MS end
  local left = (digits(stored[3], 15) or 0) - now_ms()
  return lease, left > 0 and left <= old and math.max(lease, old) or lease
end
