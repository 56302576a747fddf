"""What travels to another process says there in which file it stands, whatever release of cloudpickle there is."""

import asyncio
import datetime as dates
import pickle
from datetime import UTC, datetime
from time import monotonic, perf_counter, sleep, time

import pytest

from jobqueue.explorer import Scenario, explore
from jobqueue.explorer.isolation import pickles


def test_a_function_keeps_its_file_and_so_do_those_inside_it():
    scope = {}
    exec(compile("def outer(a):\n    return (lambda: a)\n", "a cell", "exec"), scope)
    outer = pickle.loads(pickles.dumps(scope["outer"]))
    assert outer.__code__.co_filename == outer(7).__code__.co_filename == "a cell"
    assert outer(7)() == 7


@pytest.mark.parametrize("clock", [time, monotonic, perf_counter], ids=lambda clock: clock.__name__)
async def test_a_clock_that_was_imported_by_its_name_is_virtual(clock):
    async def naps(redis, world):
        before = clock()
        await asyncio.sleep(40)
        world.record("slept", clock() - before)

    def exactly(end):
        assert end.effects == (("slept", 40.0),), f"{end.effects}"

    report = await explore(Scenario({"naps": naps}, invariants=[exactly]))
    assert report.ok, str(report)


@pytest.mark.parametrize(
    "clock", [datetime.now, lambda: datetime.now(UTC), lambda: dates.datetime.now(), datetime.today]
)
async def test_dates_are_virtual_too(clock):
    async def naps(redis, world):
        before = clock()
        await asyncio.sleep(40)
        after = datetime.now(before.tzinfo)
        world.record("slept", (after - before).total_seconds(), after.timestamp() - time(), isinstance(after, datetime))

    def exactly(end):
        assert end.effects == (("slept", 40.0, 0.0, True),), f"{end.effects}"

    report = await explore(Scenario({"naps": naps}, invariants=[exactly]))
    assert report.ok, str(report)


async def test_a_sleep_that_was_imported_by_its_name_says_what_to_do():
    async def stops(redis, world):
        sleep(40)  # noqa: ASYNC251

    report = await explore(Scenario({"stops": stops}))
    assert "use `await asyncio.sleep(40)`" in report.problem.message
