-- Put a ticket into the delayed set, to be due in so many milliseconds.
-- @include now_ms to_raw note
local function delay(delayed, job, tier, ticket, milliseconds)
  local due = now_ms() + milliseconds
  redis.call('ZADD', delayed, due, cjson.encode(to_raw(ticket)))
  note(job, 'state', 'delayed', 'tier', tier, 'due_ms', due)
end
