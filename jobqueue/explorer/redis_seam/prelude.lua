-- Put before every script that the explorer runs, on the line after its shebang. It shows the script virtual time,
-- which comes as another ARGV that the script itself never sees. It's the answer to TIME, XADD's * starts with it, and
-- the idle times of XPENDING become whole seconds.
local NOW = tonumber(table.remove(ARGV))
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
  local function wrap(call)
    return function(name, ...)
      local word, args = string.upper(name), {name, ...}
      if word == 'TIME' then return {string.format('%d', math.floor(NOW / 1000)), '0'} end
      if word == 'XADD' then
        local i = id_at(args)
        if i and args[i] == '*' then args[i] = string.format('%d-*', NOW) end
        return call(unpack(args))
      end
      local reply = call(name, ...)
      if word == 'XPENDING' and #args > 3 and not reply.err then
        for _, row in ipairs(reply) do row[3] = row[3] - row[3] % 1000 end
      end
      return reply
    end
  end
  return setmetatable({call = wrap(server.call), pcall = wrap(server.pcall)}, {__index = server})
end)(redis)
