"""The script heartbeat: it renews the leases of the jobs it names, and only while they're the worker's own."""

from jobqueue.keys import GROUP, TIERS
from steps import idle_seconds, pending, silence, started


# F25, F32
async def test_a_heartbeat_renews_the_same_time_that_the_reaper_reads(queue, transitions):
    jobs = [await started(queue, tier=tier) for tier in TIERS]
    for job in jobs:
        await silence(queue, job)
    assert await transitions.heartbeat("me", jobs) == (30, [True] * 3)
    assert max([await idle_seconds(queue, job) for job in jobs]) < 10


async def test_a_heartbeat_renews_only_the_jobs_that_it_names(queue, transitions):
    held, unseen = await started(queue), await started(queue)
    await silence(queue, unseen)
    await transitions.heartbeat("me", [held])
    assert await idle_seconds(queue, unseen) >= 3600


# F26
async def test_a_heartbeat_too_late_does_not_steal_the_job_back(queue, transitions):
    mine, lost = await started(queue), await started(queue)
    await queue.redis.xclaim(queue.keys.stream("normal"), GROUP, "other", 0, [lost.entry])
    await silence(queue, lost)
    assert await transitions.heartbeat("me", [lost, mine]) == (30, [False, True])
    assert await pending(queue) == {mine.entry: "me", lost.entry: "other"}
    assert await idle_seconds(queue, lost) >= 3600


async def test_a_heartbeat_for_a_deleted_entry_does_no_harm(queue, transitions, redis):
    gone, mine = await started(queue), await started(queue)
    await redis.xdel(queue.keys.stream("normal"), gone.entry)
    await silence(queue, mine)
    assert (await transitions.heartbeat("me", [gone, mine]))[1][1] is True
    assert await idle_seconds(queue, mine) < 10
