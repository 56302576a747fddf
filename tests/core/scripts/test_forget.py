"""The script forget: a consumer that holds nothing and has been silent is removed."""

from jobqueue.keys import GROUP, TIERS
from steps import pending, started, take


async def consumers(queue, tier="normal"):
    return {info["name"].decode() for info in await queue.redis.xinfo_consumers(queue.keys.stream(tier), GROUP)}


# F11
async def test_a_consumer_that_holds_nothing_is_forgotten_in_every_tier(queue, transitions):
    for tier in TIERS:
        await take(queue, "gone", tier)
        await take(queue, "other", tier)
    assert await transitions.forget("gone") == 3
    assert [await consumers(queue, tier) for tier in TIERS] == [{"other"}] * 3


# F13
async def test_a_consumer_that_holds_something_is_never_forgotten(queue, transitions):
    job = await started(queue, "me")
    assert await transitions.forget("me") == 0
    assert await pending(queue) == {job.entry: "me"}


async def test_a_consumer_that_just_spoke_is_not_forgotten(queue, transitions):
    await take(queue, "me")
    assert await transitions.forget("me", idle_ms=60_000) == 0
    assert await consumers(queue) == {"me"}


async def test_forgetting_a_consumer_of_an_empty_server_does_nothing(queue, transitions, redis):
    await redis.flushall()
    assert await transitions.forget("me") == 0
