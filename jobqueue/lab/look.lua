#!lua flags=allow-oom,no-writes
-- Everything the pictures show, in one look: every count, the heads of every line, the PEL, and what happened since.
-- KEYS dead totals settings events (stream delayed)*
-- ARGV job_prefix after limit want_consumers
-- Returns {now in ms, dead letters, totals as a flat list, {lease_ms, policy}, the newest letters (the newest last) as
-- {letter, job, tier, reason}, how many events were ever recorded (-1: nobody records), the `limit`
-- events after the id `after` as {id, event, job, entry, worker, tier, the job's entry now}, a flat list for each tier (see `line`), and, only if
-- they are wanted, the names of all consumers}.
-- A key in which somebody put another type, as learners do, reads as empty: a look never fails for it.
local ROWS, HEADS, LETTERS = 60, 16, 12
local dead, totals, settings, events = unpack(KEYS)
local job_prefix, after, limit, want_consumers = unpack(ARGV)
local now = now_ms()

local function ask(...)
  local reply = redis.pcall(...)
  return type(reply) == 'table' and reply.err and {} or reply
end

local function count(...)
  local reply = redis.pcall(...)
  return type(reply) == 'number' and reply or 0
end

local function fields(raw)
  local found = {}
  for i = 1, #raw, 2 do found[raw[i]] = raw[i + 1] end
  return found
end

-- Whose a ticket is: id, attempt; '', 0 of none.
local function of(ticket) return ticket and ticket.id or '', ticket and ticket.attempt or 0 end

-- The same of an entry. One that is no ticket, as in lessons about Redis itself, goes by its entry's id.
local function of_entry(entry, raw)
  local ticket = to_ticket(raw)
  if ticket then return of(ticket) end
  return entry, to_count(fields(raw).attempt, 1) or 0
end

-- The PEL, longest idle first: {entry, worker, idle ms, job, attempt}.
local function ledger(stream)
  local rows, found = ask('XPENDING', stream, GROUP, '-', '+', 1000), {}
  table.sort(rows, function(a, b) return a[3] > b[3] end)
  for i = 1, math.min(ROWS, #rows) do
    local entry, worker, idle = unpack(rows[i])
    found[i] = {entry, worker, idle, of_entry(entry, read_raw(stream, entry))}
  end
  return found
end

-- What waits, oldest first: {entry, job, attempt}.
local function heads(stream, cursor)
  local found = {}
  for i, entry in ipairs(ask('XRANGE', stream, '(' .. cursor, '+', 'COUNT', HEADS)) do
    found[i] = {entry[1], of_entry(entry[1], entry[2])}
  end
  return found
end

-- What is delayed, soonest first: {job, attempt, due in ms}.
local function coming(delayed)
  local found, packed = {}, ask('ZRANGE', delayed, 0, LETTERS - 1, 'WITHSCORES')
  for i = 1, #packed, 2 do
    local id, attempt = of(unpack_ticket(packed[i]))
    table.insert(found, {id, attempt, tonumber(packed[i + 1]) - now})
  end
  return found
end

-- {waiting, pending, delayed, cursor, {{consumer, how many it has pending}}, ledger, heads, coming}
local function line(stream, delayed)
  local info = group_info(stream)
  local cursor, pending = info and info['last-delivered-id'] or '0-0', info and info.pending or 0
  local waiting = math.max(0, count('XLEN', stream) - pending)
  local held = pending > 0 and ask('XPENDING', stream, GROUP)[4] or {}
  local rows, first = pending > 0 and ledger(stream) or {}, waiting > 0 and heads(stream, cursor) or {}
  return {waiting, pending, count('ZCARD', delayed), cursor, held, rows, first, coming(delayed)}
end

local letters = {}
for _, found in ipairs(ask('XREVRANGE', dead, '+', '-', 'COUNT', LETTERS)) do
  local letter = fields(found[2])
  table.insert(letters, 1, {found[1], letter.id or '', letter.tier or '', letter.reason or ''})
end

local recorded, happened = fields(ask('XINFO', 'STREAM', events))['entries-added'] or -1, {}
for i, found in ipairs(recorded >= 0 and ask('XRANGE', events, '(' .. after, '+', 'COUNT', limit) or {}) do
  local event = fields(found[2])
  local job = ask('HMGET', job_prefix .. (event.id or ''), 'tier', 'entry')
  happened[i] = {found[1], event.event or '', event.id or '', event.entry or '', event.worker or '',
    job[1] or '', job[2] or ''}
end

local lines, consumers = {}, {}
for i = 5, #KEYS, 2 do
  table.insert(lines, line(KEYS[i], KEYS[i + 1]))
  for _, flat in ipairs(want_consumers == '1' and ask('XINFO', 'CONSUMERS', KEYS[i], GROUP) or {}) do
    table.insert(consumers, fields(flat).name)
  end
end
return {now, count('XLEN', dead), ask('HGETALL', totals), {ask('HGET', settings, 'lease_ms'), ask('HGET', settings, 'policy')},
  letters, recorded, happened, lines, consumers}
