-- The end of the prelude in front of a library (FUNCTION LOAD). While one is loaded, `redis` can only register functions.
-- So the rest is made when a function is first called. Each call brings the virtual time, as another of its args.
local redis = {}
redis.register_function = function(name, callback)
  local given = callback and {function_name = name, callback = callback} or name
  local inner = given.callback
  given.callback = function(keys, args)
    NOW = tonumber(table.remove(args))
    if not redis.call then
      local own = build(api())
      redis.call, redis.pcall = own.call, own.pcall
      setmetatable(redis, {__index = api()})
    end
    CALLS = {}
    return inner(keys, args)
  end
  return loading.register_function(given)
end
