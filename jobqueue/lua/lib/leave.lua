-- F01, F02, F15: settled entries leave the pending list and the stream. So XLEN is the depth, memory is freed, and a
-- group that's created again at 0 delivers nothing twice.
-- F41: call it last. An error in Lua doesn't undo what was written before it. So every script looks first, writes the
-- job's new place next, and removes the old one last. Then a surprise leaves a duplicate, not a hole.
local function leave(stream, ...)
  redis.call('XACK', stream, GROUP, ...)
  redis.call('XDEL', stream, ...)
end
