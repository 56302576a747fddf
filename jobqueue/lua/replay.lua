#!lua flags=allow-oom
-- Give a dead job another life: to the tail of its tier, its attempts counted anew.
-- KEYS dead totals
-- ARGV letter stream_prefix job_prefix
-- Returns 1 waiting again, 0 no such letter (replayed or discarded by somebody else), -1 it is no job of ours.
-- Replays are counted in the job's hash: one that comes back again and again is to be repaired, not replayed.
local dead, totals = unpack(KEYS)
local letter, stream_prefix, job_prefix = unpack(ARGV)

local found = {}
local raw = read_raw(dead, letter)
for i = 1, #raw, 2 do found[raw[i]] = raw[i + 1] end
if not found.ticket then return 0 end
local ticket = found.id ~= '' and unpack_ticket(found.ticket)
if not ticket then return -1 end
ticket.attempt, ticket.reaped, ticket.released = 1, 0, 0
local job = job_prefix .. ticket.id
append(stream_prefix .. found.tier, job, found.tier, ticket)
redis.pcall('HINCRBY', job, 'replays', 1)
count(totals, 'replayed', {ticket.id}, {letter}, '')
redis.call('XDEL', dead, letter)
return 1
