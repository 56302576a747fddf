-- Put a ticket into the delayed set, to be due in so many milliseconds.
-- @include now_ms to_raw note
local function delay(delayed, job, tier, ticket, milliseconds)
  local due, raw = now_ms() + milliseconds, to_raw(ticket)
  for i = 1, #raw do raw[i] = tostring(raw[i]) end  -- all of them texts, as an entry's are
  redis.call('ZADD', delayed, due, cjson.encode(raw))
  note(job, 'state', 'delayed', 'tier', tier, 'due_ms', due)
end
