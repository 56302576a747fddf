"""A worker that lost the lease of a job changes nothing, whichever script it calls."""

import pytest

from jobqueue.keys import GROUP
from jobqueue.scripts import LOST
from steps import HOUR, SETTLE, content, silence, started, take


# F24
@pytest.mark.parametrize("settle", SETTLE.values(), ids=SETTLE)
@pytest.mark.parametrize("how", ["reaped", "reaped and run by another", "claimed", "flushed", "settled by another"])
async def test_a_worker_that_lost_the_lease_changes_nothing(queue, transitions, redis, settle, how):
    job = await started(queue)
    if how == "claimed":
        await redis.xclaim(queue.keys.stream("normal"), GROUP, "other", 0, [job.entry])
    elif how == "flushed":
        await redis.flushall()
    else:
        await silence(queue, job)
        await transitions.reap("normal", job.entry, 1000)
    if how in ("reaped and run by another", "settled by another"):
        (again,) = await take(queue, "other")
    if how == "settled by another":
        await transitions.complete("other", [(again, b"2")], HOUR)
    before = await content(queue) if how != "flushed" else await redis.dbsize()
    assert await settle(transitions, job) in (LOST, [LOST])
    assert (await content(queue) if how != "flushed" else await redis.dbsize()) == before
