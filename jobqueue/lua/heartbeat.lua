#!lua flags=allow-oom
-- Renew the leases of what a worker runs. XCLAIM to oneself resets the very idle time the reaper reads.
-- KEYS (stream)*
-- ARGV consumer (entry)*
-- Returns for each: 1 renewed, 0 the lease was lost.
-- Without the look first, a worker that was too slow would steal its job back from whoever runs it now.
local consumer, replies = ARGV[1], {}

for i, stream in ipairs(KEYS) do
  local entry = ARGV[i + 1]
  replies[i] = 0
  if holds(stream, entry, consumer) then
    redis.call('XCLAIM', stream, GROUP, consumer, 0, entry, 'JUSTID')
    replies[i] = 1
  end
end
return replies
