#!lua flags=allow-oom
-- End an attempt for good: the job goes to the dead letters, with all you need to judge and replay it.
-- KEYS totals events ended stream dead job
--   totals, events, ended: see lib/count.lua; stream: the tier's; dead: the stream of dead letters; job: the job's hash
-- ARGV tier consumer entry id reason error traceback
--   tier: high, normal or low; consumer: the worker; entry: the attempt's id in stream; id: the job's id, or empty for a
--   malformed entry, and then job isn't written; reason, error, traceback: texts for the letter
-- @include holds settled_before read_raw bury note leave
-- Returns 1 dead, 2 settled before (the reply was lost), 0 the lease was lost: nothing was written.
-- Publishes the id on ended.
-- Guards: F24 (tests/core/scripts/test_lost_lease.py)
-- Guards: F41 (tests/core/scripts/test_broken_hashes.py)
-- Guards: F46 (tests/core/scripts/test_full_server.py)
-- Guards: F07 (tests/core/storms/test_fuzz.py)
if not holds(stream, entry, consumer) then return settled_before(job, entry) end
bury(dead, job, read_raw(stream, entry), {id = id, tier = tier, entry = entry, worker = consumer,
  reason = reason, error = error, traceback = traceback})
if id ~= '' then note(job, 'settled', entry) end
leave(stream, entry)
return 1
