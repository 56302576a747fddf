-- Write to a job's hash. A key of another type was put there by hand, so delete it.
local function write(job, ...)
  local reply = redis.pcall('HSET', job, ...)
  if type(reply) == 'number' then return end
  if string.find(reply.err, 'WRONGTYPE') then redis.call('DEL', job) end
  redis.call('HSET', job, ...)
end
