"""Two helpers, one per outcome, that share one transaction."""


async def move(redis, stream, group, entry_id, target, fields):
    async with redis.pipeline(transaction=True) as transaction:
        transaction.xadd(target, fields)
        transaction.xack(stream, group, entry_id)
        transaction.xdel(stream, entry_id)
        await transaction.execute()


async def retry(redis, stream, group, entry_id, fields):
    await move(redis, stream, group, entry_id, stream, fields | {"attempt": f"{int(fields['attempt']) + 1}"})


async def bury(redis, stream, group, entry_id, fields, error):
    await move(redis, stream, group, entry_id, f"{stream}:dead", fields | {"error": error})


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    if int(fields["attempt"]) < max_attempts:
        await retry(redis, stream, group, entry_id, fields)
    else:
        await bury(redis, stream, group, entry_id, fields, error)
