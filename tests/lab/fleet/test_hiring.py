"""How real worker processes start."""

import threading

import psutil
import pytest

from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.process import Spec
from jobqueue.lab.fleet.processes import NAMES
from jobqueue.lab.world import NothingToWaitFor


async def test_a_worker_is_small(world):
    members = world.hire(2)
    fetching = await world.until(lambda frame: all(worker.state == "idle" for worker in frame.workers))
    process = psutil.Process(members[0].pid)
    for seconds in (0, 0.01) * 50:
        await world.queue.enqueue("measure", {"source": "this.py", "pace": seconds})
    await world.until_done()
    assert process.memory_info().rss <= 40e6
    assert psutil.Process(world.fleet.network.process.pid).memory_info().rss <= 25e6
    assert [worker.name for worker in fetching.workers] == ["ada", "ben"]


async def test_names_are_given_once(world):
    world.hire(len(NAMES))
    with pytest.raises(BadSetting, match="you can hire 1 to 12 workers in all; 0 more can come, not 1"):
        world.hire()
    world.kill("ada")
    assert [member.name for member in world.hire()] == ["ada-2"]


async def test_a_function_from_a_cell_is_run_beside_those_of_the_lab(world):
    suffix = "!"

    async def shout(job):
        return job.payload.upper() + suffix

    world.hire(handlers={"shout": shout, "whisper": lambda job: job.payload.lower()})
    shouted = await world.queue.enqueue("shout", "hey")
    whispered = await world.queue.enqueue("whisper", "HEY")
    measured = await world.queue.enqueue("measure", {"source": "this.py", "pace": 0})
    assert await world.queue.result(shouted, timeout=60) == "HEY!"
    assert await world.queue.result(whispered, timeout=60) == "hey"
    assert (await world.queue.result(measured, timeout=60))["lines"] > 0


async def test_a_worker_that_cannot_start_says_why(world, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text(
        "import os\nassert os.environ.get('HERE')\nasync def handler(job): pass", encoding="utf-8"
    )
    monkeypatch.setenv("HERE", "yes")
    monkeypatch.syspath_prepend(tmp_path)
    import only_here

    monkeypatch.delenv("HERE")
    (member,) = world.hire(handlers={"task": only_here.handler})
    await world.queue.enqueue("task")
    with pytest.raises(NothingToWaitFor, match=r"ada failed: AssertionError; every worker is gone"):
        await world.until_done()
    assert (member.alive, member.fired) == (False, False)


async def test_a_frame_from_before_the_enqueue_is_not_taken_for_no_job_at_all(world, monkeypatch):
    stale = await world.recorder.refresh()
    assert stale.accepted == 0
    with pytest.raises(NothingToWaitFor, match="no job was enqueued"):
        await world.until_done()
    await world.queue.enqueue("sleep", {"seconds": 0})
    world.hire(1)
    sample, late = world.recorder.sample, [stale, stale]

    async def slow():
        return late.pop() if late else await sample()

    monkeypatch.setattr(world.recorder, "sample", slow)
    assert (await world.until_done()).done == 1


async def test_a_module_beside_the_notebook_is_found_by_workers_too(world, tmp_path, monkeypatch):
    (tmp_path / "beside_the_notebook.py").write_text("async def handler(job): return 'found'", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import beside_the_notebook

    world.hire(handlers={"task": beside_the_notebook.handler})
    assert await world.queue.result(await world.queue.enqueue("task"), timeout=60) == "found"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": 0}, "can come, not 0"),
        ({"count": "two"}, "can come, not 'two'"),
        ({"concurrency": 0}, "concurrency must be from 1 to 1000 jobs, not 0"),
        ({"concurrency": True}, "not True"),
        ({"handlers": [print]}, "a function for each task's name"),
        ({"handlers": {"task": "print"}}, "the handler of 'task' must be a function, not 'print'"),
        ({"handlers": {1: print}}, "a function for each task's name"),
        ({"policy": "fairest"}, "no policy is named 'fairest'"),
        ({"policy": "aging:soon"}, "cannot read the policy"),
        ({"policy": lambda heads: "urgent"}, "picked 'urgent': it must be one of high, normal, low"),
    ],
)
async def test_what_no_worker_could_start_with_is_refused_and_nobody_starts(world, options, words):
    with pytest.raises(BadSetting, match=words):
        world.hire(**options)
    assert world.fleet.members == {}


async def test_a_function_that_cannot_be_sent_is_named_with_the_reason(world):
    lock = threading.Lock()

    async def guarded(job):
        with lock:
            return 1

    with pytest.raises(BadSetting, match="the handlers of 'guarded' can't be sent to another process: cannot pickle"):
        world.hire(handlers={"guarded": guarded})


async def test_no_password_is_to_be_seen_by_others(world):
    (member,) = world.hire()
    for process in (member.process, world.fleet.network.process):
        line = " ".join(psutil.Process(process.pid).cmdline())
        assert "unix://" not in line.replace(f"unix://{world.sandbox.folder}", "")
    assert "url" in Spec.__struct_fields__  # it is sent by a pipe


async def test_the_jobs_that_one_worker_began_are_known_apart_from_the_others(world):
    world.hire(2, concurrency=1)
    await world.until(lambda frame: [worker.state for worker in frame.workers] == ["idle", "idle"])
    jobs = [await world.queue.enqueue("sleep", {"seconds": 0.05}) for _ in range(6)]
    await world.until_done()
    each = [world.fleet.processes.began_by(name) for name in ("ada", "ben")]
    assert all(each) and each[0] + each[1] == world.fleet.began() == dict.fromkeys(jobs, 1)
