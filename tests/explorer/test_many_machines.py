"""Parts of a search, on one machine or on many, put together give the report that one machine alone gives."""

import asyncio
import os
import random
import signal

import pytest
from small_world import (
    acknowledge_then_requeue,
    one_waiting,
    reap_in_one_script,
    reaping,
    work,
)

from jobqueue.errors import BadSetting
from jobqueue.explorer import Bounds, Faults, Scenario, explore, explore_on
from jobqueue.explorer.engine.merge import Merge
from jobqueue.explorer.in_process import explore_part_here, report_here

distributed = pytest.importorskip("distributed")

MIDDLE = reaping(acknowledge_then_requeue, work, faults=Faults(crash=1, pass_time=1))
LARGE = reaping(acknowledge_then_requeue, work, reap_in_one_script, faults=Faults(crash=1, pass_time=1))


def same(report):
    """All of a report that must be the same however it was made: everything but `runs` and `seconds`."""
    problems = [
        (problem.kind, problem.message, problem.program, problem.faults, problem.schedules, str(problem.schedule))
        for problem in report.problems
    ]
    numbers = report.verdict, report.bound, report.schedules, report.losing, report.states, report.stories
    return *numbers, report.faults, report.title, problems


def in_parts(scenario, server, rng):
    """Search in parts of a few schedules each, from whatever prefixes chance picks. Some are lost, and done again."""
    merge, parts = Merge(), 0
    while prefixes := merge.take(rng.randint(1, 3)):
        parts += 1
        bounds = Bounds(schedules=rng.randint(1, 40))
        part = explore_part_here(scenario, server, bounds, prefixes, frozenset(merge.known))
        merge.add(part)
        if rng.random() < 0.3:
            merge.add(explore_part_here(scenario, server, bounds, prefixes, frozenset()))
    return report_here(scenario, server, merge, None), parts


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_parts_put_together_in_any_order_are_the_whole(run, server, seed):
    alone = run(MIDDLE)
    report, parts = in_parts(MIDDLE, server, random.Random(seed))
    assert (alone.verdict, len(alone.problems) > 1, parts > 4) == ("violated", True, True)
    assert same(report) == same(alone)


def test_a_scenario_that_holds_holds_in_parts(run, server):
    scenario = reaping(reap_in_one_script, reap_in_one_script, faults=Faults(crash=1, send_again=1))
    report, _ = in_parts(scenario, server, random.Random(0))
    assert report.verdict == "holds"
    assert same(report) == same(run(scenario))


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        yield client


async def test_two_processes_give_the_report_of_one(client):
    alone, together = await explore(MIDDLE), await explore_on(client, MIDDLE)
    assert (alone.verdict, alone.problem.kind) == ("violated", "lost")
    assert same(together) == same(alone)


@pytest.mark.slow
async def test_a_long_exploration_gives_the_same_on_two_processes(client, record_property):
    alone, together = await explore(LARGE), await explore_on(client, LARGE)
    assert same(together) == same(alone)
    record_property(
        "summary",
        f"{alone.states:,} states: {alone.seconds:.1f} s alone, {together.seconds:.1f} s on two processes, "
        f"{alone.seconds / together.seconds:.2f} times as fast; {alone.runs:,} and {together.runs:,} schedules run; "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
    )


@pytest.mark.slow
async def test_when_a_worker_is_killed_another_searches_its_part(client):
    alone = await explore(LARGE)
    killed = []

    def kill_one(progress):
        if progress.runs > 300 and not killed:
            [pid, *_] = client.run(os.getpid).values()
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    together = await explore_on(client, LARGE, on_progress=kill_one)
    assert killed
    assert same(together) == same(alone)


@pytest.mark.slow
async def test_a_bound_ends_it_soon(client):
    report = await explore_on(client, LARGE, states=500)
    assert report.bound.endswith("states met") and 500 <= report.states < 1_500
    assert "stopped early" in str(report)


@pytest.mark.slow
async def test_interrupted_it_reports_what_it_has(client):
    begun = asyncio.Event()
    task = asyncio.create_task(explore_on(client, LARGE, on_progress=lambda progress: begun.set()))
    await begun.wait()
    task.cancel()
    report = await task
    assert report.bound == "interrupted" and report.states > 1


@pytest.mark.slow
async def test_a_program_that_never_ends_is_named_as_on_one_machine(client):
    async def spin(redis, world):
        await redis.get("a")
        while True:
            pass

    scenario = Scenario({"ann": spin}, one_waiting)
    alone, together = await explore(scenario), await explore_on(client, scenario)
    assert (alone.problem.kind, together.verdict) == ("spins", "violated")
    assert (together.problem.kind, together.problem.message) == (alone.problem.kind, alone.problem.message)


@pytest.mark.slow
async def test_a_program_that_goes_by_its_process_is_not_deterministic(client):
    async def by_process(redis, world):
        for _ in range(5):
            await redis.incr(f"{os.getpid()}")

    scenario = Scenario({"ann": by_process, "bob": by_process, "cem": by_process}, faults=Faults(crash=1, pass_time=1))
    report = await explore_on(client, scenario)
    assert (report.verdict, report.problem.kind) == ("violated", "not deterministic")


@pytest.mark.slow
async def test_a_setup_that_fails_says_so(client):
    async def fail(redis, world):
        raise ValueError("no such thing")

    with pytest.raises(RuntimeError, match=r"setup failed: .*no such thing"):
        await explore_on(client, Scenario({"ann": work}, fail))


async def test_without_workers_it_says_so():
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        distributed.Client(empty) as client,
        pytest.raises(BadSetting, match="no workers"),
    ):
        await explore_on(client, MIDDLE)
