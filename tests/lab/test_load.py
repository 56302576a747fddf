"""Traffic on a real queue: what is offered, when, and what becomes of it; and the tasks that the lab's jobs may be."""

import asyncio
import itertools
import statistics
import time

import pytest

from helpers import eventually_async, running
from jobqueue import BadSetting, NewJob
from jobqueue.errors import BadJob, JobFailed
from jobqueue.lab.traffic.load import ClosedLoad, OpenLoad, bursty, closed, poisson, recorded, steady
from jobqueue.lab.world import World

NAP = NewJob("sleep", {"seconds": 0})


@pytest.fixture
async def world():
    async with World(lease=1) as world:
        yield world


@pytest.fixture
async def open_load(queue):
    loads = []

    def begin(arrivals, **options):
        loads.append(OpenLoad(queue, NAP, arrivals, **options))
        return loads[-1]

    yield begin
    for load in loads:
        await load.close()


def gaps(arrivals, count):
    return list(itertools.islice(arrivals.gaps, count))


# ── when jobs arrive


def test_a_steady_load_has_equal_gaps_and_begins_at_once():
    assert gaps(steady(5), 4) == [0, 1, 1, 1]


def test_a_poisson_load_has_the_gaps_of_its_seed_one_on_average_and_as_wide_as_that():
    seen = gaps(poisson(5, seed=1), 5000)
    assert seen == gaps(poisson(5, seed=1), 5000) != gaps(poisson(5, seed=2), 5000)
    assert 0.95 < statistics.mean(seen) < 1.05 and 0.95 < statistics.stdev(seen) < 1.05


def test_a_bursty_load_has_as_many_on_average():
    seen = gaps(bursty(5, 20), 60)
    assert seen == [0] * 20 + ([20] + [0] * 19) * 2


def test_a_recorded_load_comes_in_order_when_it_came():
    assert list(recorded([2, 0.5, 0.5]).gaps) == [0.5, 0, 1.5]
    assert list(recorded([]).gaps) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: steady(-1),
        lambda: steady("5"),
        lambda: poisson(float("nan")),
        lambda: poisson(1e6),
        lambda: bursty(5, 0),
        lambda: bursty(5, 2.5),
        lambda: recorded([1, -1]),
        lambda: recorded([float("inf")]),
        lambda: closed(1000),
        lambda: closed(1.5),
        lambda: closed(1, -1),
        lambda: closed(1, float("inf")),
    ],
)
def test_what_can_be_no_schedule_is_refused(make):
    with pytest.raises(BadSetting):
        make()


# ── open loops


async def test_so_many_are_offered_a_second(open_load):
    began, load = time.monotonic(), open_load(steady(200))
    await eventually_async(lambda: load.accepted >= 100)
    took = time.monotonic() - began
    assert took >= 0.49, "no sooner than they are due"
    assert load.accepted - 200 * (time.monotonic() - began) < 1
    assert (load.refused, load.failed) == (0, 0)


async def test_a_new_rate_takes_effect_in_the_middle_of_a_gap(open_load):
    load = open_load(steady(0.001))
    await eventually_async(lambda: load.accepted == 1)
    load.rate = 1000  # the next one was due in a quarter of an hour
    await eventually_async(lambda: load.accepted > 100)
    load.rate = 0
    assert load.rate == 0
    await eventually_async(lambda: load._next > load._now())
    seen = load.accepted
    await asyncio.sleep(0.1)  # there is nothing to wait for: nothing is to happen
    assert load.accepted == seen
    load.rate = 1000
    await eventually_async(lambda: load.accepted > seen + 10)
    with pytest.raises(BadSetting):
        load.rate = -5
    assert load.rate == 1000


async def test_a_burst_shares_one_call(open_load, queue):
    load = open_load(bursty(0.001, 90))
    await eventually_async(lambda: load.accepted)
    assert load.accepted == 90 == (await queue.snapshot()).total("waiting")


async def test_a_recorded_load_ends_by_itself(open_load):
    stopped = []
    load = open_load(recorded([0, 0.05, 0.1]), on_stop=lambda: stopped.append(True))
    await eventually_async(lambda: not load.running)
    assert (load.accepted, stopped) == (3, [True])
    load.stop()
    assert stopped == [True]


async def test_twice_the_rate_plays_a_recorded_load_twice_as_fast(open_load):
    load = open_load(recorded([20, 40]))
    load.rate = 1000
    await eventually_async(lambda: not load.running)
    assert load.accepted == 2


async def test_what_is_stopped_offers_no_more(open_load):
    load = open_load(steady(1000))
    await eventually_async(lambda: load.accepted)
    load.stop()
    await eventually_async(lambda: not load._tasks)
    assert "stopped" in repr(load)
    offered = load.accepted
    await asyncio.sleep(0.05)  # nothing is to happen
    assert load.accepted == offered


async def test_a_high_rate_is_kept_by_few_calls(open_load, queue):
    before = await _calls(queue)
    load = open_load(steady(2000))
    await eventually_async(lambda: load.accepted >= 1000)
    assert 0 < await _calls(queue) - before < load.accepted / 5


async def _calls(queue):
    return (await queue.redis.info("commandstats")).get("cmdstat_evalsha", {}).get("calls", 0)


# ── what becomes of them


async def test_a_full_tier_refuses_and_each_refusal_counts(world):
    world.limit("low", 10)
    low, high = world.load(steady(500), tier="low"), world.load(steady(100), tier="high")
    frame = await world.until(lambda frame: frame.refused >= 50)
    assert (low.tier, low.accepted, high.refused) == ("low", 10, 0)
    assert frame.refused <= low.refused
    assert frame.waiting["low"] == 10
    low.stop(), high.stop()
    assert world.recording().summary()["refused"] >= 50


async def test_a_server_without_memory_refuses_as_well_and_the_load_goes_on(world):
    load = world.load(steady(100))
    await world.until(lambda frame: frame.accepted)
    await world.faults.fill_memory()
    await world.until(lambda frame: frame.refused)
    await world.faults.free_memory()
    accepted = load.accepted
    await world.until(lambda frame: load.accepted > accepted)
    assert load.running and load.failed == 0


@pytest.mark.slow
async def test_a_server_that_is_away_ends_no_load(world):
    world.hire()
    crowd, clients = world.load(poisson(100)), world.load(closed(3))
    await world.until(lambda frame: crowd.accepted and clients.accepted)
    await world.faults.kill_redis()
    await world.until(lambda frame: crowd.failed and clients.failed)
    await world.faults.restart_redis()
    seen = crowd.accepted, clients.accepted
    await world.until(lambda frame: crowd.accepted > seen[0] and clients.accepted > seen[1])


async def test_a_schedule_that_could_not_be_kept_is_admitted(world):
    load = world.load(steady(100))
    await world.until(lambda frame: load.accepted)
    late = load.late  # a busy machine may have been late already
    await world.faults.pause_redis(0.5)
    await world.until(lambda frame: load.late >= late + 20)
    assert load.failed == 0, "they were offered all the same"


async def test_a_flood_is_a_fault_until_it_is_stopped(world):
    flood = world.flood("low", 300)
    frame = await world.until(lambda frame: frame.waiting["low"] >= 30)
    [mark] = frame.marks
    assert (mark.label, mark.fault, mark.until) == ("flood of low, 300 jobs/s", True, None)
    flood.stop()
    [mark] = (await world.recorder.refresh()).marks
    assert mark.until >= mark.t


async def test_a_job_that_nobody_could_enqueue_is_refused_at_once(world):
    for options in ({"payload": {1}}, {"tier": "urgent"}, {"max_attempts": 0}, {"task": ""}):
        with pytest.raises(BadJob):
            world.load(steady(1), **options)
    with pytest.raises(BadSetting, match="job_id"):
        world.load(steady(1), job_id="mine")
    with pytest.raises(TypeError):
        world.load(steady(1), wait=1)
    assert world.traffic.loads == []


async def test_the_limit_of_one_tier_leaves_the_others(world):
    world.limit("low", (5, 10))
    world.limit("high", 3)
    assert world.recorder.capacity == {"high": (2, 3), "low": (5, 10)}
    with pytest.raises(BadSetting):
        world.limit("low", (10, 5))
    world.limit("low", None)
    assert world.recorder.capacity == {"high": (2, 3)}


async def test_loads_end_with_their_world_even_while_redis_stands_still():
    async with World() as world:
        world.hire()
        loads = [world.load(poisson(200)), world.load(closed(5)), world.flood("low")]
        await world.until(lambda frame: all(load.accepted for load in loads))
        await world.faults.pause_redis(600)  # longer than a test may take: its end can't be what the loads wait for
        await world.until(lambda frame: frame.redis == "paused")
    assert not any(load.running or load._tasks for load in loads)
    assert asyncio.all_tasks() == {asyncio.current_task()}


# ── closed loops


async def test_clients_wait_for_their_results_before_they_ask_again(world):
    world.hire(concurrency=4)
    load = world.load(closed(3), payload={"seconds": 0.02})
    await world.until(lambda frame: load.answered >= 20)
    depths = [sum(frame.waiting.values()) + sum(frame.pending.values()) for frame in world.recorder.frames]
    assert max(depths) == 3
    assert 0 <= load.accepted - load.answered <= 3


async def test_clients_think(queue):
    load = ClosedLoad(queue, NAP, closed(2, think=60))
    await eventually_async(lambda: load.accepted == 2)
    for row in await queue.redis.xrange(queue.keys.stream("normal")):
        assert await queue.cancel(row[1][b"id"].decode())
    await eventually_async(lambda: load.answered == 2)
    await asyncio.sleep(0.05)  # nothing is to happen
    assert load.accepted == 2
    await load.close()


async def test_clients_come_and_go(world):
    world.hire(concurrency=16)
    load = world.load(closed(2), payload={"seconds": 0.02})
    load.clients = 8
    await world.until(lambda frame: sum(frame.pending.values()) == 8)
    load.clients = 1
    await eventually_async(lambda: len(load._tasks) == 1)
    load.clients = 0
    await eventually_async(lambda: not load._tasks)
    load.clients = 3
    await eventually_async(lambda: len(load._tasks) == 3)
    with pytest.raises(BadSetting):
        load.clients = -1


async def test_clients_who_are_stopped_wait_for_no_result(queue):
    load = ClosedLoad(queue, NAP, closed(5))  # and nobody is there to give them one
    await eventually_async(lambda: load.accepted == 5)
    load.stop()
    await eventually_async(lambda: not load._tasks)


async def test_clients_who_are_refused_come_again_later(world):
    world.limit("normal", 1)
    world.hire(concurrency=1)
    load = world.load(closed(4), payload={"seconds": 0.01})
    await world.until(lambda frame: load.refused and load.answered >= 3)
    assert load.running


async def test_a_job_that_is_dead_is_an_answer_as_well(world):
    world.hire()
    load = world.load(closed(2), "fail", max_attempts=1)
    await world.until(lambda frame: load.answered >= 4)
    assert load.failed == 0


# ── tasks


async def result(world, task, payload=None, **options):
    return await world.queue.result(await world.queue.enqueue(task, payload, **options), 20)


async def test_honest_tasks(world):
    world.hire()
    assert await result(world, "sleep", {"seconds": 0.01}) == 0.01
    assert await result(world, "sleep") == 0.1
    began = time.monotonic()
    assert await result(world, "compute", {"seconds": 0.1}) > 0
    assert time.monotonic() - began >= 0.1


async def test_tasks_that_fail(world):
    world.hire()
    assert await result(world, "flaky", {"fails": 1}) == 2
    with pytest.raises(JobFailed, match="attempt 1 failed, as it was asked to"):
        await result(world, "fail", max_attempts=1)
    with pytest.raises(JobFailed, match=r"no answer within 0\.2 s"):
        await result(world, "hang", max_attempts=1, timeout=0.2)


async def test_a_killer_takes_its_worker_along(world):
    [ada] = world.hire()
    await world.queue.enqueue("kill")
    await world.until(lambda frame: frame.workers[0].state == "dead", alone=True)
    assert not running(ada.pid)
    assert world.fleet.began().total() == 1, "its begin is in the log"


async def test_an_effect_really_happens_once_an_attempt(world):
    world.hire()
    assert [await result(world, "effect", {"key": "paid"}) for _ in range(3)] == [1, 2, 3]
    job_id = await world.queue.enqueue("effect", {"key": "sent", "seconds": 60})
    await eventually_async(lambda: world.queue.redis.get("sent"))
    world.kill("ada")
    world.hire()
    await world.until(lambda frame: any(worker.jobs for worker in frame.workers))
    await eventually_async(lambda: _is(world, "sent", b"2"))
    assert (await world.queue.job(job_id)).state == "pending"


async def _is(world, key, value):
    return await world.queue.redis.get(key) == value
