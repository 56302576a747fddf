-- The reply of a command; an empty table where it fails, for example because a key holds another type.
local function ask(...)
  local reply = redis.pcall(...)
  return type(reply) == 'table' and reply.err and {} or reply
end
