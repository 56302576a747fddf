-- The time in milliseconds. F62: the server's clock alone counts, because the callers' clocks differ.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
