"""Workers that are slow, or take more than they can run."""

import asyncio
import json
import time

import pytest

from fleet_steps import faults, held_by, hired
from helpers import eventually_async
from jobqueue.errors import BadSetting


def said(world, name, event, **fields):
    """How many lines of its log tell of this."""
    lines = map(json.loads, world.fleet.members[name].log.read_text(encoding="utf-8").splitlines())
    return sum((line | fields | {"event": event}) == line for line in lines)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("task", ["nap", "thread_nap"])
async def test_a_slow_one_takes_as_many_times_as_long_until_it_is_told_otherwise(world, task):
    await hired(world)
    world.fleet.slow("ada", 5)
    began = time.monotonic()
    assert await world.queue.result(await world.queue.enqueue(task, 0.2), timeout=60)
    assert time.monotonic() - began >= 1.0
    assert faults(await world.recorder.refresh(), "ada") == ["slow ×5"]
    world.fleet.slow("ada", 1000)
    job_id = await world.queue.enqueue(task, 0.2)
    await world.until(lambda frame: job_id in frame.workers[0].jobs)
    await asyncio.sleep(0.3)  # it has done its work now, and lingers for the three minutes that it is told to
    world.fleet.slow("ada", 1)
    assert await world.queue.result(job_id, timeout=60)
    frame = await world.recorder.refresh()
    assert faults(frame, "ada") == []
    marks = [mark for mark in frame.marks if "slow" in mark.label]
    assert [mark.label for mark in marks] == ["ada slow ×5", "ada slow ×1000"]
    assert all(mark.fault and mark.t < mark.until for mark in marks)
    assert marks[0].until <= marks[1].t


async def test_a_slow_one_is_slow_to_fail_too(world):
    def fail(job):
        time.sleep(0.1)
        raise ValueError

    await hired(world, handlers={"fail": fail})
    world.fleet.slow("ada", 5)
    began = time.monotonic()
    await world.queue.enqueue("fail", max_attempts=1)
    await world.until(lambda frame: frame.dead)
    assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize("task", ["gate", "thread_gate"])
async def test_a_hoarder_holds_many_and_works_on_no_more_than_before(world, task, tmp_path):
    await hired(world, concurrency=4)
    for _ in range(80):
        await world.queue.enqueue(task, str(tmp_path / "gate"))
    await world.until(lambda frame: frame.pending["normal"] == 4)
    world.fleet.hoard("ada", 64)
    await world.until(lambda frame: frame.pending["normal"] == 64)
    frame = await world.recorder.refresh()
    assert (await held_by(world, "ada"), faults(frame, "ada")) == (64, ["hoards 64"])
    assert len(frame.workers[0].jobs) == 4
    world.fleet.hoard("ada", 4)
    (tmp_path / "gate").touch()
    await world.until(lambda frame: frame.done >= 70)
    assert faults(await world.recorder.refresh(), "ada") == []
    await world.until_done()
    assert max(frame.workers[0].running for frame in world.recorder.frames) == 64
    assert set(world.fleet.began().values()) == {1}


@pytest.mark.slow
async def test_what_a_hoarder_lost_before_its_turn_came_it_does_not_begin(world, tmp_path):
    await hired(world, concurrency=1)
    world.fleet.hoard("ada", 10)
    for _ in range(10):
        await world.queue.enqueue("thread_gate", str(tmp_path / "gate"))
    await world.until(lambda frame: frame.pending["normal"] == 10)
    await hired(world, concurrency=10)
    world.freeze("ada")
    await world.until(lambda frame: not any(row.worker == "ada" for row in frame.ledger))
    world.thaw("ada")
    await eventually_async(lambda: said(world, "ada", "lost") == 10)
    (tmp_path / "gate").touch()
    await world.until_done()
    assert said(world, "ada", "started", attempt=1) == 1  # the others it fetched again, some of them, as anyone may


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda world: world.fleet.slow("ada", 0), "slow takes how many times as long, at least 1, not 0"),
        (lambda world: world.fleet.slow("ada", float("nan")), "not nan"),
        (lambda world: world.fleet.slow("ada", "very"), "not 'very'"),
        (lambda world: world.fleet.hoard("ada", 0), "hoard must be from 1 to 1000 jobs, not 0"),
        (lambda world: world.fleet.hoard("ada", 1.5), "not 1.5"),
        (lambda world: world.thaw("ada"), "ada isn.t frozen"),
        (lambda world: world.freeze("bob"), "no worker named 'bob' is alive; alive: ada"),
        (lambda world: world.freeze(None), "no worker named None is alive"),
        (lambda world: world.fleet.slow("bob", 2), "no worker named 'bob'"),
        (lambda world: world.fleet.hoard("bob", 2), "no worker named 'bob'"),
        (lambda world: world.fire("bob"), "no worker named 'bob'"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_leaves_no_mark(world, act, words):
    world.hire()
    with pytest.raises(BadSetting, match=words):
        act(world)
    assert [mark.label for mark in world.recorder.marks] == ["ada hired"]
