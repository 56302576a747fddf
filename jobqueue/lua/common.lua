-- Put before every script by scripts.py, which also defines GROUP.
--
-- A ticket is a table of an entry's fields. An error in Lua does not undo what was written before it; so every script
-- looks first, writes the job's new place next, and removes the old one last: a surprise leaves a duplicate, no hole.

local FIELDS = {'id', 'attempt', 'max_attempts', 'reaped', 'released', 'body'}

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Is `entry` still pending under `consumer`? Whoever is not in its PEL row has lost the lease. No group: no lease.
local function holds(stream, entry, consumer)
  local rows = redis.pcall('XPENDING', stream, GROUP, entry, entry, 1, consumer)
  return not rows.err and #rows == 1
end

-- For a settle that finds nothing pending: 2 if this same entry was settled before (its reply was lost), else 0.
local function settled_before(job, entry)
  return redis.pcall('HGET', job, 'settled') == entry and 2 or 0
end

-- The raw fields of an entry, {name, value, ...}; empty if somebody deleted it from the stream.
local function read_raw(stream, entry)
  local found = redis.call('XRANGE', stream, entry, entry)[1]
  return found and found[2] or {}
end

-- A number of attempts: few plain digits. Lua would also read nan, which cjson refuses to write, inf and -1e9, which
-- no counting ever brings to its end.
local function to_count(text, least)
  local number = string.match(text or '', '^%d%d?%d?%d?$') and tonumber(text)
  return number and number >= least and number
end

-- The ticket in raw fields, or nil if it is none of ours.
local function to_ticket(raw)
  local ticket = {released = '0'}
  for i = 1, #raw, 2 do ticket[raw[i]] = raw[i + 1] end
  ticket.attempt, ticket.max_attempts = to_count(ticket.attempt, 1), to_count(ticket.max_attempts, 1)
  ticket.released = to_count(ticket.released, 0)
  local whole = ticket.body and ticket.reaped and ticket.attempt and ticket.max_attempts and ticket.released
  return whole and (ticket.id or '') ~= '' and ticket or nil
end

-- The ticket in raw fields that were packed as JSON; nil if anything else was.
local function unpack_ticket(packed)
  local ok, raw = pcall(cjson.decode, packed)
  return ok and type(raw) == 'table' and to_ticket(raw) or nil
end

local function to_raw(ticket)
  local raw = {}
  for _, name in ipairs(FIELDS) do
    raw[#raw + 1] = name
    raw[#raw + 1] = tostring(ticket[name])
  end
  return raw
end

-- Count a transition; and write it to the events, if somebody has begun to record them: their stream is there then.
-- `ids` and `entries` are lists, since the hot script makes its transition for many jobs at once.
local function count(totals, what, ids, entries, worker)
  redis.call('HINCRBY', totals, what, #ids)
  local events = string.gsub(totals, 'totals$', 'events')
  if redis.call('EXISTS', events) == 0 then return end
  for i, id in ipairs(ids) do
    redis.call('XADD', events, 'MAXLEN', '~', EVENTS_KEPT, '*',
      'event', what, 'id', id, 'entry', entries[i] or '', 'worker', worker)
  end
end

-- Tell a job's hash what became of it. The ticket is the job, the hash only tells: one that cannot be written, because
-- somebody put another type in its place, must not stop a move half-way and leave the job in two places.
local function note(job, ...) redis.pcall('HSET', job, ...) end

-- A new entry, at the tail of its tier: a new attempt is a new entry, so that its id can be the fencing token.
local function append(stream, job, tier, ticket)
  local entry = redis.call('XADD', stream, '*', unpack(to_raw(ticket)))
  note(job, 'state', 'queued', 'tier', tier, 'entry', entry)
end

local function delay(delayed, job, tier, ticket, milliseconds)
  local due = string.format('%.0f', now_ms() + milliseconds)
  redis.call('ZADD', delayed, due, cjson.encode(to_raw(ticket)))
  note(job, 'state', 'delayed', 'tier', tier, 'due_ms', due)
end

-- One line more of a job's history, which keeps the latest: how an attempt ended, under whom, and when. Not before the job has moved: were the
-- move to fail, the attempt would go on, and end twice.
local function remember(job, attempt, worker, outcome, error)
  local line = cjson.encode({attempt = attempt, worker = worker, outcome = outcome, error = string.sub(error, 1, 200),
    ended_ms = now_ms()})
  local before = redis.pcall('HGET', job, 'history')
  local history = (type(before) == 'string' and before .. '\n' or '') .. line
  while #history > HISTORY_BYTES and string.find(history, '\n') do
    history = string.gsub(history, '^[^\n]*\n', '', 1)
  end
  note(job, 'history', history)
end

-- Into the dead letters, with the raw fields as they were. `why` is {reason, error, traceback, worker}. An entry that is
-- none of ours has no id, and no job's hash to tell; it was never accepted, so it is counted as foreign.
local function bury(dead, totals, job, tier, entry, id, raw, why)
  redis.call('XADD', dead, '*', 'id', id, 'tier', tier, 'entry', entry, 'reason', why[1], 'error', why[2],
    'traceback', why[3], 'worker', why[4], 'ticket', cjson.encode(raw))
  if id ~= '' then
    note(job, 'state', 'dead', 'reason', why[1], 'error', why[2])
    redis.call('PUBLISH', string.gsub(totals, 'totals$', 'ended'), cjson.encode({id}))
  else
    redis.call('HINCRBY', totals, 'foreign', 1)
  end
  count(totals, 'dead', {id}, {entry}, why[4])
end

-- Acknowledge deletes: a settled entry leaves the PEL and the stream, so that XLEN is what waits or is pending.
local function leave(stream, entry)
  redis.call('XACK', stream, GROUP, entry)
  redis.call('XDEL', stream, entry)
end

-- What XINFO GROUPS says of our group, as a table; nil if there is no such group.
local function group_info(stream)
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for _, flat in ipairs(groups.err and {} or groups) do
    local info = {}
    for i = 1, #flat, 2 do info[flat[i]] = flat[i + 1] end
    if info.name == GROUP then return info end
  end
end

-- Milliseconds since the oldest waiting job became waiting (its entry id says when); -1 if none waits.
local function oldest_age(stream, info)
  if not info then return -1 end
  local first = redis.call('XRANGE', stream, '(' .. info['last-delivered-id'], '+', 'COUNT', 1)[1]
  return first and math.max(0, now_ms() - tonumber(string.match(first[1], '^%d+'))) or -1
end

-- What a priority policy needs to know: {the policy in force, or nothing; the age of the oldest waiting in each stream}.
local function look(settings, streams)
  local seen = {redis.call('HGET', settings, 'policy')}
  for i, stream in ipairs(streams) do
    seen[i + 1] = redis.call('XLEN', stream) == 0 and -1 or oldest_age(stream, group_info(stream))
  end
  return seen
end
