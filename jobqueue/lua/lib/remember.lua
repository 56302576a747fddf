-- Add a line to a job's history, which keeps the latest: how an attempt ended, under which worker, and when. Call it
-- after the job has moved: if the move fails, the attempt goes on, and would have two ends in the history.
-- @include now_ms note
local function remember(job, attempt, worker, outcome, error)
  local line = cjson.encode({attempt = attempt, worker = worker, outcome = outcome, error = string.sub(error, 1, 200),
    ended_ms = now_ms()})
  local before = redis.pcall('HGET', job, 'history')
  local history = type(before) == 'string' and before .. '\n' .. line or line
  if #history > HISTORY_BYTES then history = string.match(string.sub(history, -HISTORY_BYTES), '\n(.*)') or line end
  note(job, 'history', history)
end
