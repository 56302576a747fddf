"""Which workers are alive, as far as Redis can tell."""

from redis.exceptions import NoPermissionError

from jobqueue.keys import GROUP, TIERS
from jobqueue.queue import Queue
from jobqueue.server.connect import BLOCK_SECONDS
from jobqueue.server.refusals import unless_refused


async def count_workers(queue: Queue) -> int | None:
    """Count the workers that Redis has heard of within a lease; None if our user may not look.

    A worker that was killed counts until then, because until then it's only silent.
    """
    silent_ms = 1000 * max(await queue.lease(), 2 * BLOCK_SECONDS)  # an idle worker speaks once in BLOCK_SECONDS
    alive = set()
    for tier in TIERS:
        try:
            rows = await unless_refused(queue.redis.xinfo_consumers(queue.keys.stream(tier), GROUP))
        except NoPermissionError:
            return None
        alive |= {row["name"] for row in rows or () if row["idle"] <= silent_ms}
    return len(alive)
