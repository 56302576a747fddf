#!lua flags=allow-oom
-- Delete a consumer that holds nothing: on a clean exit, or long after a crash. Redis itself never forgets one.
-- KEYS (stream)*
-- ARGV consumer idle_ms
-- Returns how many of the streams forgot it.
-- Look and delete are one step, because XGROUP DELCONSUMER throws away what the consumer has pending.
local consumer, idle_ms, forgotten = ARGV[1], tonumber(ARGV[2]), 0

for _, stream in ipairs(KEYS) do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, GROUP)
  for _, flat in ipairs(consumers.err and {} or consumers) do
    local info = {}
    for i = 1, #flat, 2 do info[flat[i]] = flat[i + 1] end
    if info.name == consumer and info.pending == 0 and info.idle >= idle_ms then
      redis.call('XGROUP', 'DELCONSUMER', stream, GROUP, consumer)
      forgotten = forgotten + 1
    end
  end
end
return forgotten
