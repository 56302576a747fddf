-- The ticket in raw fields that were packed as JSON; nil if anything else was.
-- @include to_ticket
local function unpack_ticket(packed)
  local ok, raw = pcall(cjson.decode, packed)
  return ok and type(raw) == 'table' and to_ticket(raw) or nil
end
