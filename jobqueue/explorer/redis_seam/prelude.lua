-- Put before every script that the explorer runs, on the line after its shebang. It shows the script virtual time,
-- which comes as another ARGV that the script itself never sees. It's the answer to TIME, XADD's * starts with it, and
-- idle times and lifetimes become whole seconds, and the instants of XINFO are virtual ones: see idle.py.
-- HGETALL and SMEMBERS answer in order, as each server has an order of its own.
-- The script becomes a function, so that what follows it can return the commands that it sent, and then its answer.
-- Past 200 commands the first one is `more`, which no server knows, so the script counts as touching everything.
local NOW = tonumber(table.remove(ARGV))
local CALLS = {}
local redis = (function(server)
  local function id_at(args)
    local i = 3
    while args[i] do
      local word = string.upper(tostring(args[i]))
      if word == 'NOMKSTREAM' then i = i + 1
      elseif word == 'MAXLEN' or word == 'MINID' then
        i = i + ((args[i + 1] == '~' or args[i + 1] == '=') and 3 or 2)
      elseif word == 'LIMIT' then i = i + 2
      else return i end
    end
  end
  local function seconds(ms) return ms - ms % 1000 end
  local function put(row, names, value)
    for i = 1, #row, 2 do
      if names[row[i]] and row[i + 1] ~= -1 then row[i + 1] = value end
    end
  end
  local function field(row, name)
    for i = 1, #row, 2 do
      if row[i] == name then return row[i + 1] end
    end
  end
  local function consumer(row, key, group)
    local idle
    for _, each in ipairs(server.call('XPENDING', key, group, '-', '+', 100000, field(row, 'name'))) do
      idle = math.min(idle or each[3], each[3])
    end
    idle = seconds(idle or 0)
    put(row, {idle = true, inactive = true}, idle)
    put(row, {['seen-time'] = true, ['active-time'] = true}, NOW - idle)
  end
  local function virtual(args, reply)
    local kind, key, group = string.upper(args[2]), args[3], args[4]
    if kind == 'CONSUMERS' then
      for _, row in ipairs(reply) do consumer(row, key, group) end
    elseif kind == 'STREAM' and group then
      local time = server.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      for _, each in ipairs(field(reply, 'groups')) do
        for _, row in ipairs(field(each, 'pending')) do row[3] = NOW - seconds(now - row[3]) end
        for _, row in ipairs(field(each, 'consumers')) do
          consumer(row, key, field(each, 'name'))
          for _, one in ipairs(field(row, 'pel') or field(row, 'pending')) do one[2] = NOW - seconds(now - one[2]) end
        end
      end
    end
  end
  local function sort(reply, width)
    local items = {}
    for i = 1, #reply, width do items[#items + 1] = {reply[i], reply[i + width - 1]} end
    table.sort(items, function(one, other) return one[1] < other[1] end)
    for i, item in ipairs(items) do reply[i * width - width + 1], reply[i * width] = item[1], item[2] end
  end
  local function note(word, args)
    if #CALLS == 200 then CALLS[1] = {'more'} return end
    local sent = {word}
    for i = 2, #args do sent[i] = tostring(args[i]) end
    CALLS[#CALLS + 1] = sent
  end
  local function wrap(call)
    return function(name, ...)
      local word, args = string.upper(name), {name, ...}
      if word == 'TIME' then return {string.format('%d', math.floor(NOW / 1000)), '0'} end
      note(word, args)
      if word == 'XADD' then
        local i = id_at(args)
        if i and args[i] == '*' then args[i] = string.format('%d-*', NOW) end
        return call(unpack(args))
      end
      local ttl = (word == 'PSETEX' or word == 'PEXPIRE') and 3
      for i = 4, word == 'SET' and #args - 1 or 0 do
        if string.upper(tostring(args[i])) == 'PX' then ttl = i + 1 end
      end
      if ttl and tonumber(args[ttl]) and tonumber(args[ttl]) > 0 then
        args[ttl] = string.format('%d', math.ceil(args[ttl] / 1000) * 1000)
        return call(unpack(args))
      end
      local claims = word == 'XCLAIM' or word == 'XAUTOCLAIM'
      local least = (claims or (word == 'XPENDING' and string.upper(args[4] or '') == 'IDLE')) and tonumber(args[5])
      if least then args[5] = string.format('%d', math.ceil(least / 1000) * 1000) end
      local reply
      if least then reply = call(unpack(args)) else reply = call(name, ...) end
      if word == 'XPENDING' and #args > 3 and not reply.err then
        for _, row in ipairs(reply) do row[3] = seconds(row[3]) end
      end
      if word == 'HGETALL' and not reply.err then sort(reply, 2) end
      if word == 'SMEMBERS' and not reply.err then sort(reply, 1) end
      if word == 'XINFO' and not reply.err then virtual(args, reply) end
      return reply
    end
  end
  return setmetatable({call = wrap(server.call), pcall = wrap(server.pcall)}, {__index = server})
end)(redis)
local function script(...)
