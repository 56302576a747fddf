"""Real worker processes: how they start, what can be done to each of them, and that none is left."""

import asyncio
import json
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from helpers import eventually, eventually_async, python, running
from jobqueue.errors import BadSetting
from jobqueue.job import Job
from jobqueue.keys import GROUP, TIERS
from jobqueue.lab.fleet.dials import Dials, Turns
from jobqueue.lab.fleet.process import Spec
from jobqueue.lab.fleet.processes import NAMES
from jobqueue.lab.world import NothingToWaitFor, World, WorldClosed
from jobqueue.sandbox import sweep


def handlers():
    """What a learner might write in a cell. (In a function, because what a module has at its top is sent by name.)"""

    async def nap(job):
        await asyncio.sleep(job.payload or 0)
        return job.payload

    def thread_nap(job):
        time.sleep(job.payload or 0)
        return threading.current_thread() is not threading.main_thread()

    is_open = os.path.exists

    async def gate(job):
        while not is_open(job.payload):
            await asyncio.sleep(0.01)

    def thread_gate(job):
        while not is_open(job.payload):
            time.sleep(0.01)

    return {"nap": nap, "thread_nap": thread_nap, "gate": gate, "thread_gate": thread_gate}


@pytest.fixture
async def world():
    async with World() as world:
        yield world


async def hired(world, count=1, **options):
    """Workers that have begun to fetch."""
    members = world.hire(count, **{"handlers": handlers()} | options)
    await world.until(lambda frame: all(state(frame, one.name) in ("idle", "running") for one in members))
    return members


def state(frame, name):
    return next((worker.state for worker in frame.workers if worker.name == name), None)


def faults(frame, name):
    return next(worker.faults for worker in frame.workers if worker.name == name)


async def held_by(world, name):
    """How many jobs are pending under this worker, by Redis's own account."""
    held = 0
    for tier in TIERS:
        rows = await world.queue.redis.xpending_range(world.queue.keys.stream(tier), GROUP, "-", "+", 1000, name)
        held += len(rows)
    return held


def said(world, name, event, **fields):
    """How many lines of its log tell of this."""
    lines = map(json.loads, world.fleet.members[name].log.read_text(encoding="utf-8").splitlines())
    return sum((line | fields | {"event": event}) == line for line in lines)


async def totals(world):
    return {
        name.decode(): int(count) for name, count in (await world.queue.redis.hgetall(world.queue.keys.totals)).items()
    }


# How they start.


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


# A policy from a cell.


async def test_a_policy_reaches_those_who_are_there_the_frozen_and_those_who_come(world, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"

    def lowest(heads):
        return max(heads, key=["high", "normal", "low"].index)

    await hired(world, 2, concurrency=1)
    for _ in range(2):
        await world.queue.enqueue("gate", str(first))
    await world.until(lambda frame: frame.pending["normal"] == 2)
    world.freeze("ben")
    assert await world.teach(lowest) == await world.queue.policy() == "lowest#1"
    for tier in ("high", "low") * 3:
        await world.queue.enqueue("gate", str(second), priority=tier)
    world.thaw("ben")
    await hired(world, concurrency=1)
    first.touch()
    await world.until(lambda frame: frame.done == 2 and sum(frame.pending.values()) == 3)
    assert [await held_by(world, name) for name in NAMES[:3]] == [1, 1, 1]
    assert (await world.recorder.refresh()).pending == {"high": 0, "normal": 0, "low": 3}
    assert await world.teach(lowest) == "lowest#2"  # an edited cell's is another function


@pytest.mark.parametrize("policy", ["aging:0.001", lambda heads: max(heads, key=heads.get)], ids=["name", "function"])
async def test_workers_may_have_a_policy_of_their_own(world, policy, tmp_path):
    await world.queue.enqueue("gate", str(tmp_path / "gate"), priority="low")
    await asyncio.sleep(0.01)
    await world.queue.enqueue("gate", str(tmp_path / "gate"), priority="high")
    await hired(world, concurrency=1, policy=policy)
    assert (await world.until(lambda frame: frame.pending["low"])).pending["high"] == 0


@pytest.mark.parametrize(
    ("pick", "words"),
    [
        ("strict", "a policy is a plain function"),
        (lambda heads: None, "picked None: it must be one of high, normal, low"),
        (lambda heads: "high", "picked 'high': it must be one of low"),
        (lambda heads: heads["urgent"], "raised KeyError"),
    ],
)
async def test_a_policy_that_could_not_be_followed_is_refused(world, pick, words):
    with pytest.raises(BadSetting, match=words):
        await world.teach(pick)
    assert await world.queue.policy() is None


# Slow, hoarding.


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


# Frozen, killed, fired.


async def test_whom_one_could_kill_when_nobody_is_alive_is_said_in_words(world):
    await hired(world)
    world.kill()
    with pytest.raises(BadSetting, match="no worker is alive, so you can't kill one: hire some first"):
        world.kill()


async def test_a_cell_that_ends_somebody_can_be_run_twice_and_before_anybody_lived(world):
    world.end("ada")
    await hired(world)
    world.end("ada")
    world.end("ada")
    assert [mark.label for mark in world.recorder.marks] == ["ada hired", "kill -9 ada"]


async def test_who_reads_slowly_finds_work_in_somebodys_hands_all_the_same(world):
    with pytest.raises(NothingToWaitFor, match="no worker is alive, so none can be busy: hire some first"):
        await world.busy()
    world.hire()
    await world.enqueue_library(seconds=0.01, files=5)
    await world.until_done()
    await world.busy()
    held = (await world.recorder.refresh()).accepted
    await world.busy()
    assert held > 5 and (await world.recorder.refresh()).accepted == held
    assert (await world.recorder.refresh()).ledger


# F24
async def test_what_a_frozen_one_holds_is_reaped_and_its_late_outcome_discarded(world):
    await hired(world)
    job_id = await world.queue.enqueue("nap", 0.5)
    await world.until(lambda frame: frame.workers[0].jobs)
    world.freeze("ada")
    await eventually_async(lambda: psutil.Process(world.fleet.members["ada"].pid).status() == psutil.STATUS_STOPPED)
    await hired(world)
    frame = await world.until(lambda frame: frame.done == 1)
    assert (state(frame, "ada"), frame.workers[0].faults) == ("frozen", [])
    assert (await world.queue.job(job_id)).attempt in (2, 3)  # 3: what was reaped went to its blocked read once more
    world.thaw("ada")
    lost = await world.until(lambda frame: any(event.event == "lost" for event in world.recorder.events))
    assert state(lost, "ada") == "idle"
    assert (await totals(world))["done"] == 1 < world.fleet.began()[job_id]
    (mark,) = [mark for mark in lost.marks if mark.label == "ada frozen"]
    assert mark.until - mark.t >= world.lease
    assert await world.queue.result(await world.queue.enqueue("nap", 0.01), timeout=60) == 0.01


async def test_a_frozen_one_can_be_killed_but_is_not_fired_or_frozen_again(world):
    (member,) = await hired(world)
    world.freeze("ada")
    for act in (world.fire, world.freeze):
        with pytest.raises(BadSetting, match="ada is frozen: thaw it first, or kill it"):
            act("ada")
    world.kill("ada")
    assert (member.alive, member.frozen) == (False, False)
    frame = await world.recorder.refresh()
    assert state(frame, "ada") == "dead"
    assert all(mark.end < float("inf") for mark in frame.marks if mark.label == "ada frozen")


async def test_an_act_may_begin_anew_whatever_has_become_of_it(world):
    well = await world.muster(2)
    assert await world.muster(2) == well  # nothing ails them
    await world.queue.enqueue("sleep", {"seconds": 60})
    await world.until(lambda frame: frame.pel)
    world.freeze(well[0].name)
    load = world.flood("high", rate=5)
    await world.faults.kill_redis()
    others = await world.muster(2)
    assert not load.running and not any(one.alive for one in well)
    assert [one.alive for one in others] == [True, True] and not any(one.frozen for one in others)
    assert (await world.queue.snapshot()).unsettled == 0  # what was begun is no part of what begins
    await world.queue.enqueue("sleep", {"seconds": 0})
    await world.until_done()
    assert await world.muster(0) == [] and not any(one.alive for one in others)


async def test_what_lasted_on_one_that_kills_itself_is_over(world):
    def kill_me(job):
        os.kill(os.getpid(), signal.SIGKILL)

    await hired(world, 2, handlers={"kill": kill_me})
    for name in ("ada", "ben"):
        world.fleet.slow(name, 2)
    await world.faults.delay("ada", 0.01)
    await world.queue.enqueue("kill", max_attempts=1)
    dead = await world.until(lambda frame: "dead" in (state(frame, "ada"), state(frame, "ben")))
    (victim,) = [worker.name for worker in dead.workers if worker.state == "dead"]
    frame = await world.recorder.next()
    assert faults(frame, victim) == []
    assert [f"{name} slow ×2" for name in ("ada", "ben") if name != victim] == [
        mark.label for mark in frame.marks if "slow" in mark.label and mark.until is None
    ]


async def test_one_that_is_fired_finishes_what_it_does_and_leaves(world):
    (member,) = await hired(world)
    job_id = await world.queue.enqueue("nap", 0.5)
    await world.until(lambda frame: frame.workers[0].jobs)  # pending is too early: it might hand it back unrun
    world.fire("ada")
    await eventually_async(lambda: not member.alive)
    assert (member.process.returncode, (await world.queue.job(job_id)).state) == (0, "done")
    assert state(await world.recorder.refresh(), "ada") == "gone"


async def test_one_that_is_fired_before_it_fetched_just_goes(world):
    (member,) = world.hire()
    world.fire("ada")
    await eventually_async(lambda: not member.alive)


# Nothing is left.


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


# The parts.


async def test_turns_are_taken_by_coroutines_and_threads_in_the_order_they_asked():
    turns, order = Turns(1), []

    async def wait(name):
        async with turns:
            order.append(name)

    def wait_in_thread(name):
        with turns:
            order.append(name)

    turns.ask().result()
    asked = []
    for number in range(4):
        work = asyncio.to_thread(wait_in_thread, number) if number % 2 else wait(number)
        asked.append(asyncio.create_task(work))
        await eventually_async(lambda number=number: len(turns._waiting) > number)
    turns.give_back()
    await asyncio.gather(*asked)
    assert order == [0, 1, 2, 3]


async def test_a_turn_that_nobody_waits_for_any_more_goes_to_the_next():
    turns = Turns(1)
    turns.ask().result()

    async def wait():
        async with turns:
            await asyncio.sleep(600)

    waiting, next_one = asyncio.create_task(wait()), asyncio.create_task(wait())
    await eventually_async(lambda: len(turns._waiting) == 2)
    waiting.cancel()
    await asyncio.wait([waiting])
    turns.give_back()
    third = turns.ask()
    assert not third.done()
    next_one.cancel()
    await asyncio.wait([next_one])
    assert third.done()


async def test_a_plain_handler_that_returns_an_awaitable_is_slow_as_well():
    dials = Dials(1, "ada", lambda job: True)
    dials.slow = 3
    began = time.monotonic()
    job = Job("id", "task", None, "normal", 1, 3, 60.0, 0.0, "1-0", False)
    assert await dials.around(lambda job: asyncio.sleep(0.1, "rested"))(job) == "rested"
    assert time.monotonic() - began >= 0.3


# A program of the learner's own.


async def test_a_program_from_a_cell_runs_by_its_name_and_its_name_can_be_given_again_when_it_is_dead(world):
    async def greet(redis, name):
        await redis.rpush("greetings", name)
        await asyncio.sleep(600)

    async def greeted(times):
        return await world.queue.redis.lrange("greetings", 0, -1) == [b"alice"] * times

    alice = world.spawn(greet, "alice")
    await eventually_async(lambda: greeted(1))
    with pytest.raises(BadSetting, match="alice is alive already: kill it first, or give another name"):
        world.spawn(greet, "alice")
    world.hire()
    world.kill("alice")
    again = world.spawn(greet, "alice")
    await eventually_async(lambda: greeted(2))
    assert (again.number, again.pid != alice.pid) == (alice.number, True)
    for what, words in ((print, "a program is an `async def"), (greet, "a name is made of")):
        with pytest.raises(BadSetting, match=words):
            world.spawn(what, "../alice")
