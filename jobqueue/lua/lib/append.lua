-- A new attempt is a new entry, so its id can be the fencing token. F52: at the tail, or retries would block new work.
-- @include to_raw note
local function append(stream, job, tier, ticket)
  local entry = redis.call('XADD', stream, '*', unpack(to_raw(ticket)))
  note(job, 'state', 'queued', 'tier', tier, 'entry', entry)
end
