"""The figures of /metrics, printed next to the picture of the same fault."""

import re

import pytest

from jobqueue import NewJob
from jobqueue.front.workers import count_workers
from jobqueue.lab import moved_figures
from jobqueue.lab.world import World


@pytest.mark.slow
async def test_a_killed_worker_moves_the_figures_that_an_operator_watches(capsys):
    async with World(lease=1) as world:
        world.hire(2, concurrency=4)
        await world.when(lambda: count_workers(world.queue), 2)
        async with moved_figures(world):
            pass
        assert capsys.readouterr().out == "none moved\n"
        async with moved_figures(world):
            await world.queue.enqueue_many(NewJob("sleep", {"seconds": 3}) for _ in range(8))
            await world.when(lambda: pending(world), 8)
            world.kill()
            await world.until_done()
        moved = dict(re.findall(r"^jobqueue_(\w+) +(.+)$", capsys.readouterr().out, re.MULTILINE))
        for name in ("released_total", "promoted_total"):  # of jobs that may have killed their worker: they take turns
            moved.pop(name, None)
        assert moved == {"workers": "2 → 1", "accepted_total": "0 → 8", "done_total": "0 → 8", "reaped_total": "0 → 4"}


async def pending(world):
    return (await world.queue.snapshot()).total("pending")
