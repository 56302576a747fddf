#!lua flags=allow-oom,no-writes
-- What a priority policy needs to know.
-- KEYS settings (stream)*
-- ARGV
-- Returns {the name of the policy in force, or nothing; for each tier the age in ms of its oldest waiting job, or -1}.
return look(KEYS[1], {unpack(KEYS, 2)})
