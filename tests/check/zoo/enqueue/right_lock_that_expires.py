"""A lock with a time to live and an owner, and the add conditional on still holding it."""

import asyncio
import uuid

from jobqueue import QueueFullError

ADD = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
redis.call('DEL', KEYS[2])
return redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


async def enqueue_job(redis, stream, fields, capacity):
    lock, me = f"{stream}:lock", str(uuid.uuid4())
    pairs = [word for pair in fields.items() for word in pair]
    while True:
        while not await redis.set(lock, me, nx=True, ex=10):
            await asyncio.sleep(1)
        if await redis.xlen(stream) >= capacity:
            await redis.eval(RELEASE, 1, lock, me)
            raise QueueFullError("full")
        if entry_id := await redis.eval(ADD, 2, stream, lock, me, *pairs):
            return entry_id
