#!lua flags=allow-oom
-- Record the results of finished attempts and end them. The hot script, so it takes a batch, removes all that it has
-- recorded by one XACK and one XDEL a stream, and says what waits now: the worker that settles will fetch next.
-- KEYS totals settings high normal low (stream job)*
-- ARGV consumer result_ttl_ms (id entry attempt result)*
-- Returns {what heads.lua returns, for each job: 1 done, 2 done before (the reply was lost), 0 the lease was lost: nothing
-- was written for it}.
local totals, settings, consumer, ttl = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local finished_ms, ids, entries, gone, recorded = string.format('%.0f', now_ms()), {}, {}, {}, {}

local function record(stream, job, id, entry, attempt, result)
  if recorded[stream .. entry] then return 2 end  -- earlier in this batch: still pending, but settled
  if not holds(stream, entry, consumer) then return settled_before(job, entry) end
  redis.call('HSET', job, 'state', 'done', 'result', result, 'settled', entry, 'attempt', attempt,
    'worker', consumer, 'finished_ms', finished_ms)
  redis.call('PEXPIRE', job, ttl)
  gone[stream] = gone[stream] or {}
  table.insert(gone[stream], entry)
  recorded[stream .. entry] = true
  ids[#ids + 1], entries[#entries + 1] = id, entry
  return 1
end

local replies, tiers = {}, {KEYS[3], KEYS[4], KEYS[5]}
for i = 1, (#KEYS - 5) / 2 do
  -- pcall: one job whose hash is not a hash must not keep its neighbours' results from being recorded.
  local ok, reply = pcall(record, KEYS[2 * i + 4], KEYS[2 * i + 5], unpack(ARGV, 4 * i - 1, 4 * i + 2))
  replies[i] = ok and reply or 0
end
for _, stream in ipairs(tiers) do
  if gone[stream] then
    redis.call('XACK', stream, GROUP, unpack(gone[stream]))
    redis.call('XDEL', stream, unpack(gone[stream]))
  end
end
if #ids > 0 then
  count(totals, 'done', ids, entries, consumer)
  redis.call('PUBLISH', string.gsub(totals, 'totals$', 'ended'), cjson.encode(ids))
end
return {look(settings, tiers), replies}
