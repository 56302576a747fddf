#!lua flags=allow-oom
-- Record the results of finished attempts and end them. It's the hot script, so it takes a batch. It also says what's
-- waiting now, because its worker will fetch next.
-- KEYS totals events ended settings high normal low (stream job)*
--   totals, events, ended: see lib/count.lua; settings: the hash with the policy; high, normal, low: of the tiers;
--   stream: that of the job's tier; job: the job's hash, where the result is kept
-- ARGV consumer result_ttl_ms (id entry attempt result)*
--   consumer: the worker; result_ttl_ms: milliseconds that results are kept; id: the job's id; entry: the attempt's id
--   in stream; attempt: its number, from 1; result: JSON
-- @include ask holds settled_before write leave now_ms each try count look
-- Returns {what heads.lua returns; for each job 1 done, 2 done before (the reply was lost), 0 the lease was lost and
-- nothing was written for it, or the error that stopped this one}.
-- Publishes the ids of those that are done on ended.
-- Guards: F01 F02 F15 F38 (tests/core/scripts/test_complete.py)
-- Guards: F24 (tests/core/scripts/test_lost_lease.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F36 (tests/core/storms/test_kill9.py)
-- Guards: F41 (tests/explorer/package/test_scripts.py)
local finished_ms, ids, entries, seen, settled = now_ms(), {}, {}, {}, {[high] = {}, [normal] = {}, [low] = {}}

-- One look at the entries that are ours, not one for each: a batch is usually of one tier, and in its order. For those
-- that aren't found by it, `holds` decides.
local held, tier, first, last = {}, (group(1)), (select(4, group(1))), (select(4, group(GROUPS)))
for _, row in ipairs(ask('XPENDING', tier, GROUP, first, last, GROUPS, consumer)) do held[row[1]] = tier end

local function record(stream, job, id, entry, attempt, result)
  if seen[job] or held[entry] ~= stream and not holds(stream, entry, consumer) then return settled_before(job, entry) end
  write(job, 'state', 'done', 'result', result, 'settled', entry, 'attempt', attempt,
    'worker', consumer, 'finished_ms', finished_ms)
  redis.pcall('PEXPIRE', job, result_ttl_ms)
  -- A batch may name a job twice, and jobs of several tiers.
  ids[#ids + 1], entries[#entries + 1], seen[job], settled[stream][#settled[stream] + 1] = id, entry, true, entry
  return 1
end

-- F41: if one job's hash can't be written, the results of the others are recorded all the same.
local replies = each(try(record))
-- F36, F38: acknowledge last, after the results are stored. F01, F02, F15: delete what you acknowledge.
for stream, left in pairs(settled) do if #left > 0 then leave(stream, unpack(left)) end end
if #ids > 0 then count('done', ids, entries, consumer) end
return {look(settings, {high, normal, low}), replies}
