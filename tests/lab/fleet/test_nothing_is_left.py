"""No worker process outlives its world."""

from pathlib import Path

import psutil
import pytest

from fleet_steps import hired
from helpers import eventually, python, running
from jobqueue.lab.world import World, WorldClosed
from jobqueue.sandbox import sweep


async def test_a_world_that_closes_leaves_nobody_not_even_frozen_ones():
    before = psutil.Process().num_fds()
    for _ in range(2):
        async with World() as world:
            members = await hired(world, 2)
            world.freeze("ada")
            await world.faults.partition("ben")
            pids = [*(member.pid for member in members), world.fleet.network.process.pid]
            folder = world.folder
        assert not any(map(running, pids))
        assert not folder.exists()
    assert psutil.Process().num_fds() <= before + 1  # asyncio's own, made once


async def test_a_closed_worlds_client_says_that_it_is_closed():
    async with World() as world:
        redis = world.client()
        assert await redis.ping()
    with pytest.raises(WorldClosed, match="run the notebook's first code cell again"):
        await redis.xlen("anything")


KERNEL = """
    import asyncio, json
    from jobqueue.lab.world import World

    async def main():
        async with World() as world:
            members = world.hire(3)
            {before}
            world.freeze("ada")
            await world.faults.partition("ben")
            {after}
            print(json.dumps([str(world.folder), str(world.sandbox.folder)]), flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
"""


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "moments",
    [
        {"before": "", "after": ""},  # they are hardly there
        {"before": "await world.until(lambda frame: frame.workers[2].state == 'idle')", "after": ""},
        {"before": "", "after": "await world.faults.pause_redis(60)"},
        {"before": "", "after": "await world.faults.kill_redis()"},
    ],
    ids=["at once", "when they fetch", "while Redis is paused", "while Redis is down"],
)
def test_a_kernel_that_is_killed_leaves_nobody_frozen_cut_off_or_not(moments):
    with python(KERNEL.format(**moments)) as kernel:
        folders = kernel.json()
        family = psutil.Process(kernel.pid).children(recursive=True)
        assert len(family) >= 4 * 2  # each with its watchdog
        kernel.kill()
        kernel.wait()
        eventually(lambda: not [process for process in family if running(process.pid)])
    assert all(Path(folder).exists() for folder in folders)
    sweep()
    assert not any(Path(folder).exists() for folder in folders)
