#!lua flags=allow-oom,no-writes
-- Everything the pictures show, in one look: every count, the heads of every stream, the pending lists, and the events
-- since the last look.
-- KEYS dead totals settings events (stream delayed)*
--   and after these, the keys of a learner's own that the picture shows, too
-- ARGV job_prefix after limit want_consumers owned
--   owned: how many keys of a learner's own there are
-- Returns {now in ms, how many dead letters, totals as a flat list, {lease_ms, policy}, letters, how many events were
-- ever recorded (-1: none is), events, lines, consumers, own}.
--   letters: the newest, newest last, as {letter, job, tier, reason, content}
--   events: the `limit` events after the id `after`, as {id, event, job, entry, worker, tier, the job's entry now}
--   lines: one per tier, see `line`
--   consumers: the names of all, if they're wanted
--   own: for each key {type, how many values it has, the last of them as {name or '', value}}
-- A content is what a job's label is made of: its body as text, its raw fields as a table, or '' if that's much.
-- @include ask now_ms number to_table digits to_ticket unpack_ticket read_raw find_row leases
-- A key of another type, such as learners write, reads as empty. A look never fails because of it.
local ROWS, HEADS, LETTERS, COUNTED, CONTENT, OWN = 60, 16, 12, 1000, 300, 12
local now = now_ms()

-- A ticket's id, attempt and content; '', 0 and '' without a ticket.
local function of(ticket)
  if not ticket then return '', 0, '' end
  return ticket.id, ticket.attempt, #ticket.body <= CONTENT and ticket.body or ''
end

-- The same for an entry. If it isn't a ticket, as in lessons about Redis itself, its id is the entry's.
local function of_entry(entry, raw)
  local ticket = to_ticket(raw)
  if ticket then return of(ticket) end
  return entry, digits(to_table(raw).attempt, 4) or 0, #table.concat(raw) <= CONTENT and raw or ''
end

-- The pending list, longest idle first: {entry, worker, idle ms, job, attempt, content}.
local function ledger(stream)
  local rows, longest = ask('XPENDING', stream, GROUP, '-', '+', 1000), {}
  table.sort(rows, function(a, b) return a[3] > b[3] end)
  for i = 1, math.min(ROWS, #rows) do
    local entry, worker, idle = unpack(rows[i])
    longest[i] = {entry, worker, idle, of_entry(entry, read_raw(stream, entry))}
  end
  return longest
end

-- The first waiting jobs, oldest first: {entry, job, attempt, content}.
local function heads(stream, cursor)
  local first = {}
  for i, entry in ipairs(ask('XRANGE', stream, '(' .. cursor, '+', 'COUNT', HEADS)) do
    first[i] = {entry[1], of_entry(entry[1], entry[2])}
  end
  return first
end

-- The first delayed jobs, soonest first: {job, attempt, content, due in ms}.
local function coming(delayed)
  local first, packed = {}, ask('ZRANGE', delayed, 0, LETTERS - 1, 'WITHSCORES')
  for i = 1, #packed, 2 do
    local id, attempt, content = of(unpack_ticket(packed[i]))
    table.insert(first, {id, attempt, content, tonumber(packed[i + 1]) - now})
  end
  return first
end

-- {waiting, pending, delayed, cursor, {{consumer, how many it has pending}}, ledger, heads, coming, kept}: kept entries
-- neither wait nor are pending
local function line(stream, delayed)
  local info = find_row(GROUP, 'GROUPS', stream)
  local cursor, pending = info and info['last-delivered-id'] or '0-0', info and info.pending or 0
  local length = number('XLEN', stream)
  local waiting = math.max(0, length - pending)
  local held = pending > 0 and ask('XPENDING', stream, GROUP)[4] or {}
  local rows, first = pending > 0 and ledger(stream) or {}, waiting > 0 and heads(stream, cursor) or {}
  -- F01: XLEN also counts entries that were acknowledged and not deleted. The kit leaves none.
  if #first < HEADS then
    waiting = #first
  elseif waiting <= COUNTED and first[1][1] == first[1][2] then
    waiting = #ask('XRANGE', stream, '(' .. cursor, '+', 'COUNT', waiting)
  end
  local kept = math.max(0, length - waiting - pending)
  return {waiting, pending, number('ZCARD', delayed), cursor, held, rows, first, coming(delayed), kept}
end

-- A key of a learner's own: {type, how many values it has, the last of them}.
local function own(key)
  local kind, values = redis.call('TYPE', key).ok, {}
  if kind == 'list' then
    for i, value in ipairs(redis.call('LRANGE', key, -OWN, -1)) do values[i] = {'', string.sub(value, 1, CONTENT)} end
    return {kind, redis.call('LLEN', key), values}
  elseif kind == 'hash' and redis.call('HLEN', key) <= COUNTED then
    local flat = redis.call('HGETALL', key)
    for i = math.max(1, #flat - 2 * OWN + 1), #flat, 2 do table.insert(values, {flat[i], string.sub(flat[i + 1], 1, CONTENT)}) end
    return {kind, #flat / 2, values}
  elseif kind == 'stream' then
    for _, entry in ipairs(redis.call('XREVRANGE', key, '+', '-', 'COUNT', OWN)) do
      local fields = {}
      for i = 2, #entry[2], 2 do table.insert(fields, entry[2][i]) end
      table.insert(values, 1, {'', string.sub(table.concat(fields, ' '), 1, CONTENT)})
    end
    return {kind, redis.call('XLEN', key), values}
  elseif kind == 'string' then
    return {kind, 1, {{'', redis.call('GETRANGE', key, 0, CONTENT)}}}
  end
  return {kind, 0, values}
end

local letters = {}
for _, entry in ipairs(ask('XREVRANGE', dead, '+', '-', 'COUNT', LETTERS)) do
  local letter = to_table(entry[2])
  local _, _, content = of(unpack_ticket(letter.ticket or ''))
  table.insert(letters, 1, {entry[1], letter.id or '', letter.tier or '', letter.reason or '', content})
end

local recorded, happened = to_table(ask('XINFO', 'STREAM', events))['entries-added'] or -1, {}
for i, entry in ipairs(recorded >= 0 and ask('XRANGE', events, '(' .. after, '+', 'COUNT', limit) or {}) do
  local event = to_table(entry[2])
  local job = ask('HMGET', job_prefix .. (event.id or ''), 'tier', 'entry')
  happened[i] = {entry[1], event.event or '', event.id or '', event.entry or '', event.worker or '',
    job[1] or '', job[2] or ''}
end

local lines, consumers, shown = {}, {}, {}
for i = 5, #KEYS - owned, 2 do
  table.insert(lines, line(KEYS[i], KEYS[i + 1]))
  for _, flat in ipairs(want_consumers == '1' and ask('XINFO', 'CONSUMERS', KEYS[i], GROUP) or {}) do
    table.insert(consumers, to_table(flat).name)
  end
end
for i = #KEYS - owned + 1, #KEYS do table.insert(shown, own(KEYS[i])) end
return {now, number('XLEN', dead), ask('HGETALL', totals), {(leases(settings)), ask('HGET', settings, 'policy')},
  letters, recorded, happened, lines, consumers, shown}
