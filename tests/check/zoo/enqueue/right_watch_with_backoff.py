"""WATCH, MULTI, EXEC, at most fifty times, with a short pause after a conflict."""

import asyncio

from redis.exceptions import WatchError

from jobqueue import QueueFullError


async def try_once(redis, stream, fields, capacity):
    async with redis.pipeline(transaction=True) as transaction:
        await transaction.watch(stream)
        if (depth := await transaction.xlen(stream)) >= capacity:
            raise QueueFullError(f"{stream} holds {depth}")
        transaction.multi()
        transaction.xadd(stream, fields)
        [entry_id] = await transaction.execute()
        return entry_id


async def enqueue_job(redis, stream, fields, capacity):
    for turn in range(50):
        try:
            return await try_once(redis, stream, fields, capacity)
        except WatchError:
            await asyncio.sleep(0.01 * turn)
    raise RuntimeError("too many conflicts")
