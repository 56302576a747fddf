"""Each fault, on a real fleet and a real Redis: what it does there, its mark, and how it ends."""

import asyncio
import time

import psutil
import pytest
import redis

from helpers import eventually_async
from jobqueue import ServerFull
from jobqueue.errors import BadSetting
from jobqueue.keys import GROUP, TIERS
from jobqueue.lab.fleet.network import Network, NetworkGone
from jobqueue.lab.traffic.arrivals import steady
from jobqueue.lab.world import World


def handlers():
    """In a function, because what a module has at its top is sent by name."""

    async def nap(job):
        await asyncio.sleep(job.payload if isinstance(job.payload, float) else 0)
        return job.payload

    return {"nap": nap}


@pytest.fixture
async def world():
    async with World() as world:
        yield world


async def hired(world, count=1, **options):
    """Workers that have begun to fetch."""
    members = world.hire(count, **{"handlers": handlers()} | options)
    names = {member.name for member in members}

    def fetching(frame):
        return all(one.state in ("idle", "running") for one in frame.workers if one.name in names)

    await world.until(fetching)
    return members


async def run(world, payload=None, **options):
    """Have a job done; returns the seconds from its enqueue to its result."""
    began = time.monotonic()
    assert await world.queue.result(await world.queue.enqueue("nap", payload, **options), timeout=60) == payload
    return time.monotonic() - began


async def pending(world):
    """Who holds how many, by Redis's own account."""
    found = {}
    for tier in TIERS:
        for row in await world.queue.redis.xpending_range(world.queue.keys.stream(tier), GROUP, "-", "+", 1000):
            name = row["consumer"].decode()
            found[name] = found.get(name, 0) + 1
    return found


async def total(world, name):
    return int(await world.queue.redis.hget(world.queue.keys.totals, name) or 0)


async def suffers(world):
    """The words at each worker that has any."""
    return {one.name: one.faults for one in (await world.recorder.refresh()).workers if one.faults}


def mark(world, label):
    """The one mark with this label."""
    (found,) = [mark for mark in world.recorder.marks if mark.label == label]
    return found


# Between one worker and Redis.


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


# Redis itself.


async def test_a_killed_redis_that_comes_back_with_its_data_has_lost_no_job(world):
    await hired(world, 2)
    for _ in range(60):
        await world.queue.enqueue("nap", 0.05)
    await world.until(lambda frame: frame.done >= 10)
    await world.faults.kill_redis()
    with pytest.raises(redis.ConnectionError):
        await world.queue.redis.ping()
    down = await world.until(lambda frame: frame.redis == "down")
    assert down.accepted == 60
    assert await world.faults.restart_redis() == 0
    await world.until_done()
    assert await total(world, "done") == 60
    assert mark(world, "Redis killed").until > mark(world, "Redis killed").t
    assert not mark(world, "Redis restarts, with its data").fault


async def test_a_redis_restarted_empty_has_lost_its_jobs_and_it_is_said(world):
    (member,) = await hired(world, concurrency=2)
    for number in range(30):
        await world.queue.enqueue("nap", 30.0, job_id=f"old {number}")
    await world.until(lambda frame: frame.pending["normal"] == 2)
    assert await world.faults.restart_redis(keep=False) == 30
    assert await world.queue.job("old 0") is None
    assert await world.queue.lease() == world.lease  # not what a queue has that was never told
    assert mark(world, "30 jobs are gone with Redis's data").fault
    await world.until(lambda frame: frame.redis == "up" and frame.accepted == 0)
    await eventually_async(lambda: not member.process.poll() and said_lost(world) == 2)
    await run(world)
    assert await total(world, "accepted") == 1


def said_lost(world):
    return world.fleet.members["ada"].log.read_text(encoding="utf-8").count('"event":"lost"')


async def test_a_taught_policy_outlives_a_redis_that_was_restarted_empty(world):
    name = await world.teach(lambda heads: max(heads))
    await world.faults.restart_redis(keep=False)
    assert await world.queue.policy() == name


async def test_a_paused_redis_says_nothing_and_then_goes_on_by_itself(world):
    await hired(world)
    await world.faults.pause_redis(1.0)
    server = psutil.Process(world.sandbox.process.pid)
    await eventually_async(lambda: server.status() == psutil.STATUS_STOPPED)
    with pytest.raises(BadSetting, match="Redis is paused: wait until it goes on"):
        await world.faults.pause_redis(1.0)
    assert (await world.until(lambda frame: frame.redis != "up")).redis == "paused"
    assert await run(world) >= 0.4
    ended = mark(world, "Redis paused")
    assert ended.until - ended.t >= 0.98  # they are rounded
    assert (await world.until(lambda frame: frame.redis == "up")).done == 1


async def test_a_paused_redis_can_be_restarted(world):
    await world.faults.pause_redis(600)
    await world.faults.restart_redis()
    assert await world.queue.redis.ping()
    assert mark(world, "Redis paused").end < float("inf")


async def test_a_full_redis_refuses_jobs_and_settles_those_it_has(world):
    await hired(world, 2)
    for _ in range(20):
        await world.queue.enqueue("nap", 0.05)
    await world.faults.fill_memory()
    with pytest.raises(ServerFull, match="out of memory"):
        await world.queue.enqueue("nap")
    assert (await world.until_done()).done == 20
    with pytest.raises(ServerFull):  # also now: it is not by chance that there is no room
        await world.queue.enqueue("nap")
    await world.faults.free_memory()
    await run(world)
    assert mark(world, "Redis's memory full").until


async def test_a_restart_ends_what_was_done_to_redis(world):
    await world.faults.fill_memory()
    await world.faults.kill_redis()
    with pytest.raises(BadSetting, match=r"Redis is down: faults.restart_redis\(\) starts it again"):
        await world.faults.kill_redis()
    await world.faults.restart_redis()
    assert [mark.label for mark in world.recorder.marks if mark.lasts] == []
    await world.queue.enqueue("nap")


async def test_two_who_restart_it_at_once_restart_it_one_after_the_other(world):
    await asyncio.gather(*(world.faults.restart_redis() for _ in range(3)))
    assert await world.queue.redis.ping()


async def test_a_world_that_closes_during_a_restart_leaves_no_redis():
    before = psutil.Process().children()
    async with World() as world:
        restarts = [asyncio.create_task(world.faults.restart_redis()) for _ in range(2)]
        await asyncio.sleep(0)  # now the first is under way, and the second waits for it
    ends = await asyncio.gather(*restarts, return_exceptions=True)
    assert any("this world is closed" in str(end) for end in ends)
    with pytest.raises(BadSetting, match="this world is closed, and its Redis is gone"):
        await world.faults.restart_redis()
    assert psutil.Process().children() == before


# What makes no sense.


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda faults: faults.cut("bob"), "no worker named 'bob' is alive; alive: ada"),
        (lambda faults: faults.heal("bob"), "no worker named 'bob'"),
        (lambda faults: faults.partition(None), "no worker named None"),
        (lambda faults: faults.delay("ada", -1), "delay takes a number of seconds, at least 0 and at most 60, not -1"),
        (lambda faults: faults.delay("ada", "1"), "not '1'"),
        (lambda faults: faults.throttle("ada", 0), "throttle takes a number of bytes per second, at least 1, not 0"),
        (lambda faults: faults.throttle("ada", float("nan")), "not nan"),
        (lambda faults: faults.swallow("ada", "words"), "swallow either 'requests' or 'replies', not 'words'"),
        (lambda faults: faults.pause_redis(0), "pause takes a number of seconds, at least 0.01 and at most 600, not 0"),
        (lambda faults: faults.pause_redis(float("inf")), "not inf"),
    ],
)
async def test_it_is_refused_and_leaves_no_mark(world, act, words):
    world.hire()
    with pytest.raises(BadSetting, match=words):
        await act(world.faults)
    assert [mark.label for mark in world.recorder.marks] == ["ada hired"]


# A Redis that is not ours.


@pytest.mark.slow
async def test_a_given_server_is_not_broken_but_the_way_to_it_is(sandbox, monkeypatch):
    monkeypatch.setenv("JOBQUEUE_REDIS_URL", sandbox.url)
    async with World() as world:
        faults = world.faults
        for act in (
            faults.kill_redis,
            faults.restart_redis,
            lambda: faults.pause_redis(1),
            faults.fill_memory,
            faults.free_memory,
        ):
            with pytest.raises(BadSetting, match="JOBQUEUE_REDIS_URL gave us this Redis"):
                await act()
        await hired(world)
        await faults.delay("ada", 0.2)
        assert await run(world) >= 0.4


@pytest.mark.parametrize(
    ("url", "through"),
    [
        ("unix:///redis.sock", "unix://{}"),
        ("unix://me:secret@/redis.sock?db=2", "unix://me:secret@{}?db=2"),
        ("redis://host", "unix://{}"),
        ("redis://me:se%2Fcret@host:7000/3", "unix://me:se%2Fcret@{}?db=3"),
        ("rediss://:secret@host/?ssl_cert_reqs=none", "unix://:secret@{}"),
    ],
)
def test_the_way_leads_to_the_same_database_under_the_same_name(tmp_path, monkeypatch, url, through):
    network = Network(url, tmp_path)
    monkeypatch.setattr(network, "_send", lambda **order: 1)
    monkeypatch.setattr(network, "_start", lambda: None)
    assert network.open("ada") == through.format(tmp_path / "ada.sock")
    connection = redis.asyncio.Redis.from_url(network.open("ada")).connection_pool.connection_kwargs
    given = redis.asyncio.Redis.from_url(url).connection_pool.connection_kwargs
    for what in ("username", "password", "db"):
        assert connection.get(what) == given.get(what)


async def test_a_network_that_has_ended_is_one_clear_error(world):
    world.hire()
    await world.faults.delay("ada", 0.01)
    world.fleet.network.process.kill()
    with pytest.raises(NetworkGone):
        await world.faults.cut("ada")
    with pytest.raises(NetworkGone):
        await world.faults.cut("ada")
