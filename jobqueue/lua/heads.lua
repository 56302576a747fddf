#!lua flags=allow-oom,no-writes
-- What a priority policy needs to know.
-- KEYS (stream)*
-- ARGV
-- Returns for each tier the age in milliseconds of its oldest waiting job, -1 if none waits.
local ages = {}
for i, stream in ipairs(KEYS) do ages[i] = oldest_age(stream, group_info(stream)) end
return ages
