"""No fault strikes a Redis that is not ours."""

import pytest
import redis

from fault_steps import hired, run
from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.network import Network, NetworkGone
from jobqueue.lab.world import World


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
