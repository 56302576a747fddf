"""Dead jobs for tests, and the books that a queue keeps of them."""

import asyncio

from jobqueue import Worker
from steps import started
from workers import Hasty


async def bury(queue, count=1, tier="normal", reason="failed", **options):
    """So many dead jobs; returns their ids."""
    ids = []
    for _ in range(count):
        job = await started(queue, tier=tier, **options)
        assert await queue.transitions.bury("me", tier, job.entry, job.id, reason, "it broke", "Traceback …") == 1
        ids.append(job.id)
    return ids


async def work(queue, handlers, **options):
    """Let one worker run until there is nothing left; delayed jobs come back at once."""

    async def promote():
        while True:
            await queue.transitions.promote()
            await asyncio.sleep(0.01)

    promoting = asyncio.create_task(promote())
    async with asyncio.timeout(15):
        await Worker(queue, handlers, **{"rng": Hasty()} | options).run_until_idle()
    promoting.cancel()


async def letters(queue):
    return [letter.letter for letter in await queue.dead.list()]


async def counts(queue):
    """(waiting, dead, discarded, replayed) and whether the books are balanced."""
    now = await queue.snapshot()
    replayed = int(await queue.redis.hget(queue.keys.totals, "replayed") or 0)
    ends = now.unsettled + now.done + now.dead + now.discarded + now.cancelled
    assert now.accepted + now.foreign == ends
    return now.total("waiting"), now.dead, now.discarded, replayed


async def hang_never(job):
    return 1
