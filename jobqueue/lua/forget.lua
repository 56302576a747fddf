#!lua flags=allow-oom
-- Delete a consumer that holds nothing: on a clean exit, or long after a crash. Redis itself never forgets one.
-- KEYS (stream)*
--   stream: a tier's
-- ARGV consumer idle_ms
--   consumer: the worker; idle_ms: milliseconds that it must have been silent
-- @include find_row each
-- Returns for each: 1 it has forgotten the consumer, 0 it has not.
-- Guards: F11 F13 (tests/core/scripts/test_forget.py)
local function forget(stream)
  local row = find_row(consumer, 'CONSUMERS', stream, GROUP)
  -- F13: look and delete in one script, because DELCONSUMER throws away what the consumer has pending.
  if not row or row.pending > 0 or row.idle < tonumber(idle_ms) then return 0 end
  redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, consumer)
  return 1
end

return each(forget)
