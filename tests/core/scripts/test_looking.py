"""The scripts heads, status and snapshot: what they report about waiting jobs, one job and the whole queue."""

from jobqueue.keys import GROUP, TIERS
from steps import HOUR, SETTLE, add_raw, counts, server_ms, started, take, tickets


# F49
async def test_heads_are_the_tiers_with_waiting_jobs_and_the_age_of_the_oldest(queue, transitions, redis):
    now = await server_ms(queue)
    await add_raw(queue, {"id": "never mind"}, tier="high", consumer="me")
    for tier, seconds in {"normal": 30, "low": 50}.items():
        for later in (0, 10):
            await redis.xadd(queue.keys.stream(tier), {"id": "x"}, id=f"{now - (seconds - later) * 1000}-0")
    policy, heads = await transitions.heads()
    assert policy is None
    assert {tier: int(age) for tier, age in heads.items()} == {"normal": 30, "low": 50}
    await redis.xreadgroup(GROUP, "me", {queue.keys.stream("low"): ">"}, count=1)
    assert int((await transitions.heads())[1]["low"]) == 40


async def test_an_entry_from_the_future_has_no_negative_age(queue, transitions, redis):
    await redis.xadd(queue.keys.stream("low"), {"id": "x"}, id=f"{await server_ms(queue) + HOUR}-0")
    assert await transitions.heads() == (None, {"low": 0})


async def test_an_empty_queue_and_a_flushed_server_have_no_heads(queue, transitions, redis):
    assert await transitions.heads() == (None, {})
    await redis.flushall()
    assert await transitions.heads() == (None, {})


async def test_nothing_is_known_of_an_unknown_job(queue):
    assert await queue.job("nobody") is None


async def test_a_job_whose_entry_was_deleted_behind_our_back_is_lost(queue, redis):
    for tier, deliver in (("high", False), ("low", True)):
        await queue.enqueue("task", job_id=tier, priority=tier)
        if deliver:
            await take(queue, tier=tier)
        (job,) = await tickets(queue, tier)
        await redis.xdel(queue.keys.stream(tier), job.entry)
    assert [(await queue.job("high")).state, (await queue.job("low")).state] == ["lost", "pending"]


# F31
async def test_waiting_becomes_pending_by_delivery_alone(queue):
    await queue.enqueue("task", job_id="j")
    before = await queue.redis.hgetall(queue.keys.job("j"))
    await take(queue)
    assert (await queue.job("j")).state == "pending"
    assert await queue.redis.hgetall(queue.keys.job("j")) == before


# F17
async def test_a_snapshot_counts_every_place_in_every_tier(queue, transitions, redis):
    for tier in TIERS:
        for end in ("complete", "retry", "bury"):
            await SETTLE[end](transitions, await started(queue, tier=tier))
        await started(queue, tier=tier)
        await queue.enqueue("task", priority=tier)
    now = await queue.snapshot()
    assert [(c.waiting, c.pending, c.delayed) for c in now.tiers.values()] == [(1, 1, 1)] * 3
    assert (now.accepted, now.unsettled, now.done, now.dead, now.retried, now.reaped) == (15, 9, 3, 3, 3, 0)
    assert all(0 <= counts.oldest < 10 for counts in now.tiers.values())


async def test_a_snapshot_of_an_empty_queue_and_of_an_empty_server_is_all_zeros(queue, redis):
    for _ in range(2):
        now = await queue.snapshot()
        assert (await counts(queue), now.accepted) == ((0, 0, 0, 0, 0), 0)
        assert {counts.oldest for counts in now.tiers.values()} == {None}
        await redis.flushall()
