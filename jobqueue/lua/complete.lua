#!lua flags=allow-oom
-- Record the results of finished attempts and end them. The one script that takes a batch, because it is the hot one.
-- KEYS totals (stream job)*
-- ARGV consumer result_ttl_ms (id entry attempt result)*
-- Returns for each: 1 done, 2 done before (the reply was lost), 0 the lease was lost: nothing was written for it.
local totals, consumer, ttl = KEYS[1], ARGV[1], ARGV[2]
local finished_ms, ended, entries = string.format('%.0f', now_ms()), {}, {}

local function complete(stream, job, id, entry, attempt, result)
  if not holds(stream, entry, consumer) then return settled_before(job, entry) end
  redis.call('HSET', job, 'state', 'done', 'result', result, 'settled', entry, 'attempt', attempt,
    'worker', consumer, 'finished_ms', finished_ms)
  redis.call('PEXPIRE', job, ttl)
  leave(stream, entry)
  ended[#ended + 1], entries[#entries + 1] = id, entry
  return 1
end

local replies = {}
for i = 1, (#KEYS - 1) / 2 do
  -- pcall: one job whose hash is not a hash must not keep its neighbours' results from being recorded.
  local ok, reply = pcall(complete, KEYS[2 * i], KEYS[2 * i + 1], unpack(ARGV, 4 * i - 1, 4 * i + 2))
  replies[i] = ok and reply or 0
end
if #ended > 0 then
  count(totals, 'done', ended, entries, consumer)
  redis.call('PUBLISH', string.gsub(totals, 'totals$', 'ended'), cjson.encode(ended))
end
return replies
