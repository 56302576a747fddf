#!lua flags=allow-oom,no-writes
-- The ages that a priority policy picks by.
-- KEYS settings (stream)*
--   settings: the hash with the policy; stream: a tier's
-- ARGV
-- @include look
-- Returns {the name of the policy in force, or nothing; for each tier the age in ms of its oldest waiting job, or -1}.
return look(settings, {unpack(KEYS, 2)})
