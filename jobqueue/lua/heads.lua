#!lua flags=allow-oom,no-writes
-- What a priority policy needs to know.
-- KEYS settings (stream)*
-- ARGV
-- Returns {the name of the policy in force, or nothing; for each tier the age in ms of its oldest waiting job, or -1}.
local ages = {redis.call('HGET', KEYS[1], 'policy')}
for i = 2, #KEYS do ages[i] = oldest_age(KEYS[i], group_info(KEYS[i])) end
return ages
