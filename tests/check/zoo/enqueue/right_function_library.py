"""A library of Redis functions, loaded before each call, and FCALL."""

from jobqueue import QueueFullError
CODE = """#!lua name=gate
redis.register_function('gate_add', function(keys, args)
  if redis.call('XLEN', keys[1]) >= tonumber(args[1]) then return false end
  local rest = {}
  for i = 2, #args do rest[#rest + 1] = args[i] end
  return redis.call('XADD', keys[1], '*', unpack(rest))
end)
"""
async def enqueue_job(redis, stream, fields, capacity):
    await redis.function_load(CODE, replace=True)
    flat = [x for p in fields.items() for x in p]
    i = await redis.fcall("gate_add", 1, stream, capacity, *flat)
    if i is None:
        raise QueueFullError("full")
    return i
