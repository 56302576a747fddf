#!lua flags=allow-oom
-- Throw a dead letter away, and what is known of its job.
-- KEYS dead totals
-- ARGV letter job_prefix
-- Returns 1 discarded, 0 no such letter.
local dead, totals = unpack(KEYS)
local letter, job_prefix = unpack(ARGV)

local found = {}
local raw = read_raw(dead, letter)
for i = 1, #raw, 2 do found[raw[i]] = raw[i + 1] end
if not found.ticket then return 0 end
count(totals, 'discarded', {found.id}, {letter}, '')
if found.id ~= '' then redis.call('DEL', job_prefix .. found.id) end
redis.call('XDEL', dead, letter)
return 1
