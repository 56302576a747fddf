-- The input of a priority policy: {the policy in force, or nothing; the age of the oldest waiting job in each stream}.
-- @include ask oldest_age
local function look(settings, streams)
  local seen = {ask('HGET', settings, 'policy')}
  for i, stream in ipairs(streams) do seen[i + 1] = oldest_age(stream) end
  return seen
end
