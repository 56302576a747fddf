-- Whether `entry` is pending, under `consumer` if that's given. If it isn't, the lease is lost; without a group there's
-- no lease. F24: XACK doesn't ask for the owner, so every script that settles asks here first.
-- @include ask
local function holds(stream, entry, ...) return #ask('XPENDING', stream, GROUP, entry, entry, 1, ...) == 1 end
