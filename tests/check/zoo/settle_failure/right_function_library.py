"""A library of Redis functions, loaded before each call, and FCALL."""

CODE = """#!lua name=settle
redis.register_function('settle', function(keys, args)
  local id = args[2]
  if #redis.call('XPENDING', keys[1], args[1], id, id, 1) == 0 then return 0 end
  local rest = {}
  for i = 3, #args do rest[#rest + 1] = args[i] end
  redis.call('XADD', keys[2], '*', unpack(rest))
  redis.call('XACK', keys[1], args[1], id)
  redis.call('XDEL', keys[1], id)
  return 1
end)
"""
async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    await redis.function_load(CODE, replace=True)
    attempt = int(fields["attempt"])
    again = attempt < max_attempts
    new = fields | ({"attempt": str(attempt + 1)} if again else {"error": error})
    flat = [x for p in new.items() for x in p]
    await redis.fcall("settle", 2, stream, stream if again else f"{stream}:dead", group, entry_id, *flat)
