"""A job that was accepted is never refused later, however full its tier is."""

from filling import admits, depth, fill

from steps import content, silence, take


async def test_the_repeat_of_an_accepted_call_succeeds_although_the_tier_has_filled_since(bounded):
    queue = await bounded(low=3)
    await queue.enqueue("task", priority="low", job_id="mine")
    while await admits(queue):
        pass
    before = await content(queue)
    assert await queue.enqueue("task", priority="low", job_id="mine") == "mine"
    assert await content(queue) == before


# F21
async def test_a_retry_a_release_a_reap_a_promotion_and_a_replay_find_room_in_a_full_tier(bounded):
    queue = await bounded(low=5)
    await fill(queue, 5)
    retried, released, reaped, dead, _ = await take(queue, tier="low")
    await queue.transitions.bury("me", "low", dead.entry, dead.id, "failed", "", "")
    assert await admits(queue)
    assert not await admits(queue)
    assert await queue.transitions.retry("me", retried, 0, "it broke") == 1
    assert await queue.transitions.release("me", "low", released.entry) == 1
    await silence(queue, reaped)
    assert await queue.transitions.reap("low", reaped.entry, 1000) == 1
    assert (await queue.transitions.promote())[0] == 1
    assert await queue.dead.replay_all() == 1
    assert await depth(queue) == 6  # one over, and rightly
    assert not await admits(queue)
    assert {job.id for job in await take(queue, tier="low")} >= {retried.id, released.id, reaped.id, dead.id}
