#!lua flags=allow-oom
-- End an attempt for good: the job goes to the dead letters, with everything one needs to judge and replay it.
-- KEYS stream dead job totals
-- ARGV tier consumer entry id reason error traceback
-- Returns 1 dead, 2 settled before (the reply was lost), 0 the lease was lost: nothing was written.
-- A malformed entry has no id: id is empty, and KEYS job, which names nothing, is not written.
local stream, dead, job, totals = unpack(KEYS)
local tier, consumer, entry, id, reason, error, traceback = unpack(ARGV)

if not holds(stream, entry, consumer) then return settled_before(job, entry) end
local raw = read_raw(stream, entry)
local ticket = to_ticket(raw)
bury(dead, totals, job, tier, entry, id, raw, {reason, error, traceback, consumer})
if ticket and id ~= '' then remember(job, ticket.attempt, consumer, reason, error) end
if id ~= '' then note(job, 'settled', entry) end
leave(stream, entry)
return 1
