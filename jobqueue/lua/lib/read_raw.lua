-- The raw fields of an entry, {name, value, ...}; empty if it was deleted, or if `entry` is no id.
-- @include ask
local function read_raw(stream, entry) return (ask('XRANGE', stream, entry, entry)[1] or {})[2] or {} end
