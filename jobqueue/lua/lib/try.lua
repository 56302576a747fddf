-- `act` as a function that doesn't raise: it returns the error that stopped it, as a reply. F41: so one bad job doesn't
-- stop the rest of its batch.
local function try(act)
  return function(...)
    local ok, reply = pcall(act, ...)
    return not ok and {err = type(reply) == 'table' and reply.err or tostring(reply)} or reply
  end
end
