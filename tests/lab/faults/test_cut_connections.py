"""Faults between one worker and Redis."""

import asyncio

import pytest

from fault_steps import hired, mark, run, total
from helpers import eventually_async
from jobqueue.keys import GROUP, TIERS
from jobqueue.lab.traffic.arrivals import steady


async def pending(world):
    """How many entries each worker holds, by Redis's own account."""
    found = {}
    for tier in TIERS:
        for row in await world.queue.redis.xpending_range(world.queue.keys.stream(tier), GROUP, "-", "+", 1000):
            name = row["consumer"].decode()
            found[name] = found.get(name, 0) + 1
    return found


async def suffers(world):
    """The words at each worker that has any."""
    return {one.name: one.faults for one in (await world.recorder.refresh()).workers if one.faults}


async def test_a_worker_whose_connections_are_cut_connects_again(world):
    await hired(world, 2)

    async def clients():
        return {client["id"] for client in await world.queue.redis.client_list()}

    async def gone():
        return len(before - await clients())

    before = await clients()
    await world.faults.cut("ada")
    await eventually_async(gone)
    assert await world.queue.redis.ping()
    world.kill("ben")
    await run(world)
    assert mark(world, "ada's connections cut").end == mark(world, "ada's connections cut").t
    assert await suffers(world) == {}


async def test_a_cut_in_the_middle_of_work_costs_no_job(world):
    await hired(world, 2)
    for _ in range(40):
        await world.queue.enqueue("nap", 0.05)
    for _ in range(5):
        await world.faults.cut("ada")
        await world.recorder.next()
    await world.until_done()
    assert await total(world, "done") == 40


@pytest.mark.slow
async def test_a_delayed_worker_takes_longer_over_everything(world):
    await hired(world)
    await world.faults.delay("ada", 0.3)
    assert await suffers(world) == {"ada": ["delay 0.3 s"]}
    assert await run(world) >= 0.6  # the job, and the result
    await world.faults.delay("ada", 0)
    assert await suffers(world) == {}
    assert mark(world, "ada delayed by 0.3 s").until > mark(world, "ada delayed by 0.3 s").t


@pytest.mark.slow
async def test_through_a_throttled_connection_much_takes_long(world):
    await hired(world)
    await world.faults.throttle("ada", 50_000)
    assert await suffers(world) == {"ada": ["50000 bytes/s"]}
    assert await run(world, "x" * 50_000) >= 2.0  # there, and back
    await world.faults.heal("ada")
    assert await suffers(world) == {}


async def test_a_delivery_lost_before_the_order_is_answered_is_no_fault_in_force(world, monkeypatch):
    await hired(world)
    network, lost = world.fleet.network, asyncio.Event()
    tell, on_lost = network.tell, network.on_lost
    monkeypatch.setattr(network, "on_lost", lambda name: (on_lost(name), lost.set()))

    async def answers_late(*args, **order):
        await tell(*args, **order)
        await lost.wait()

    monkeypatch.setattr(network, "tell", answers_late)
    world.load(steady(100), "nap", 0.001)
    async with asyncio.timeout(20):
        await world.faults.lose_reply("ada")
    assert not world.fleet.members["ada"].faults


# F68
async def test_a_job_whose_delivery_was_lost_is_pending_under_a_living_worker_and_handed_back(world):
    await hired(world)
    await world.faults.lose_reply("ada")
    assert await suffers(world) == {"ada": ["loses a reply"]}
    job_id = await world.queue.enqueue("nap")
    await eventually_async(lambda: mark(world, "ada's next delivery lost").end < float("inf"))
    await world.queue.result(job_id, timeout=60)
    assert await suffers(world) == {}
    assert (await world.queue.job(job_id)).attempt == 1  # it was released, unrun: that uses up no attempt
    events = await world.queue.redis.xrange(world.queue.keys.events)
    assert [fields[b"event"] for _, fields in events if fields.get(b"id") == job_id.encode()] == [
        b"accepted",
        b"released",
        b"done",
    ]


@pytest.mark.slow
async def test_while_its_requests_vanish_others_reap_what_it_holds_and_then_it_works_again(world):
    await spoiled_and_healed(world, lambda: world.faults.swallow("ada", "requests"), "requests vanish")


async def test_while_its_replies_vanish_what_is_delivered_to_it_is_reaped(world):
    await hired(world)
    await world.faults.swallow("ada", "replies")
    job_id = await world.queue.enqueue("nap")
    await eventually_async(lambda: pending(world))
    assert await pending(world) == {"ada": 1}
    await hired(world)
    await world.queue.result(job_id, timeout=60)
    assert (await world.queue.job(job_id)).attempt in (2, 3)
    assert job_id not in world.fleet.members["ada"].began
    world.kill("ben")
    await world.faults.heal("ada")
    await run(world)


@pytest.mark.slow
async def test_a_worker_cut_off_is_reaped_by_others_and_works_again_when_it_is_back(world):
    await spoiled_and_healed(world, lambda: world.faults.partition("ada"), "cut off")


async def spoiled_and_healed(world, spoil, word):
    """What it did when it was spoiled is done by another; what it says of it when it is healed counts for nothing."""
    await hired(world)
    job_id = await world.queue.enqueue("nap", 0.5)
    await world.until(lambda frame: frame.workers[0].jobs)
    await spoil()
    assert await suffers(world) == {"ada": [word]}
    await hired(world)
    await world.queue.result(job_id, timeout=60)
    assert (await world.queue.job(job_id)).attempt in (2, 3)  # 3: what was reaped went to its blocked read once more
    assert world.fleet.members["ada"].alive
    await world.faults.heal("ada")
    world.kill("ben")
    await run(world)
    assert await total(world, "done") == 2 <= world.fleet.began()[job_id]
    assert await suffers(world) == {}


async def test_faults_of_several_kinds_add_up_and_heal_ends_them_all(world):
    await hired(world, 2)
    await world.faults.delay("ada", 0.01)
    await world.faults.throttle("ada", 1e6)
    await world.faults.partition("ben")
    world.fleet.slow("ben", 2)
    assert await suffers(world) == {"ada": ["delay 0.01 s", "1e+06 bytes/s"], "ben": ["cut off", "slow ×2"]}
    await world.faults.heal()
    assert await suffers(world) == {"ben": ["slow ×2"]}
    lasting = [mark.label for mark in world.recorder.marks if mark.lasts]
    assert lasting == ["ben slow ×2"]
    await run(world)
