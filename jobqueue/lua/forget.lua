#!lua flags=allow-oom
-- Delete a consumer that holds nothing: on a clean exit, or long after a crash. Redis itself never forgets one.
-- KEYS (stream)*
--   stream: a tier's
-- ARGV consumer idle_ms
--   consumer: the worker; idle_ms: milliseconds that it must have been silent
-- @include find_row
-- Returns how many of the streams forgot it.
-- Guards: F11 F13 (tests/core/scripts/test_forget.py)
local forgotten = 0
for _, stream in ipairs(KEYS) do
  local row = find_row(consumer, 'CONSUMERS', stream, GROUP)
  -- F13: look and delete in one script, because DELCONSUMER throws away what the consumer has pending.
  if row and row.pending == 0 and row.idle >= tonumber(idle_ms) then
    redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, consumer)
    forgotten = forgotten + 1
  end
end
return forgotten
