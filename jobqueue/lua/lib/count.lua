-- Counting and announcing go by pcall. If such a key has another type, or the user has no right to it, the move must
-- not stop half-way, with the job in two places.

-- What ends a job.
local ENDS = {done = true, dead = true, cancelled = true}

-- Add a transition of the jobs `ids` to the hash `totals`. If it ends them, publish the ids on the channel `ended`, for
-- callers that wait for a result. (A user may have no right to the channel: Redis 7 gives none by default. Then callers
-- find out by looking.) If transitions are being recorded, which means that the stream `events` exists, write it there.
local function count(what, ids, entries, worker)
  redis.pcall('HINCRBY', totals, what, #ids)
  if ENDS[what] then redis.pcall('PUBLISH', ended, cjson.encode(ids)) end
  for i, id in ipairs(redis.pcall('EXISTS', events) == 1 and ids or {}) do
    redis.pcall('XADD', events, 'MAXLEN', '~', EVENTS_KEPT, '*',
      'event', what, 'id', id, 'entry', entries[i] or '', 'worker', worker)
  end
end
