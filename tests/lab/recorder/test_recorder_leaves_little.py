"""A recorder leaves no process, task or file, and little memory."""

import asyncio
import gc

import psutil
import pytest

from jobqueue.lab.traffic.load import poisson
from jobqueue.lab.world import World


def _ours():
    return [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of garbage that other tests left
async def test_twenty_worlds_leave_no_process_no_folder_no_task_and_little_memory():
    folders = []

    async def live():
        async with World(lease=1) as world:
            folders.extend([world.sandbox.folder, world.folder])
            world.hire(2)
            load = world.load(poisson(200), "sleep", {"seconds": 0.01})
            await world.until(lambda frame: frame.done >= 20)
            await world.faults.delay("ada", 0.01)
            world.kill()
            await world.until(lambda frame: frame.reaped or frame.done >= 40)
            world.recording().summary()
            assert load.running

    await live()  # whatever is made once is made now
    processes, tasks = len(_ours()), asyncio.all_tasks()  # of other tests' fixtures, and our own
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in range(20):
        await live()
    gc.collect()
    assert (len(_ours()), asyncio.all_tasks()) == (processes, tasks)
    assert len(folders) == 42 and not any(folder.exists() for folder in folders)
    assert psutil.Process().memory_info().rss - before < 8 * 2**20
