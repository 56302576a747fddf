-- The number that a command replies; 0 where a key holds another type.
-- @include ask
local function number(...) return tonumber(ask(...)) or 0 end
