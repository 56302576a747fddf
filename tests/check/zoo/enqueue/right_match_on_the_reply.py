"""`match` on the reply, evalsha with a fallback, a dataclass for the outcome."""

import hashlib
from dataclasses import dataclass

from redis.exceptions import NoScriptError

from jobqueue import QueueFullError

SOURCE = """
local free = ARGV[1] - redis.call('XLEN', KEYS[1])
if free > 0 then
    local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
    return {'ok', id}
end
return {'full', tostring(-free)}
"""
DIGEST = hashlib.sha1(SOURCE.encode()).hexdigest()


@dataclass(frozen=True)
class Outcome:
    kind: str
    value: str


async def run(redis, *args):
    try:
        return Outcome(*await redis.evalsha(DIGEST, 1, *args))
    except NoScriptError:
        return Outcome(*await redis.eval(SOURCE, 1, *args))


async def enqueue_job(redis, stream, fields, capacity):
    flat = []
    for name in fields:
        flat += [name, fields[name]]
    match await run(redis, stream, capacity, *flat):
        case Outcome("ok", entry_id):
            return entry_id
        case Outcome("full", over):
            raise QueueFullError(f"{over} too many already")
        case other:
            raise AssertionError(other)
