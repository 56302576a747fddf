"""The lines that never ran: the explorer names them, whatever order or fault would lead there."""

import redis.exceptions as redis_errors

from jobqueue.explorer import Faults, Scenario, explore


async def sets_or_mends(redis, world):
    try:
        await redis.set("k", 1)
    except redis_errors.ConnectionError:
        world.record("lost")
    if not await redis.get("k"):
        world.record("never")


FIRST = sets_or_mends.__code__.co_firstlineno
LINES = [(__file__, FIRST + at) for at in range(1, 7)]


async def test_lines_that_ran_in_no_schedule_are_reported():
    quiet = await explore(Scenario({"ann": sets_or_mends}), lines=LINES)
    assert quiet.unrun == {(__file__, FIRST + at) for at in (3, 4, 6)}


async def test_a_line_that_takes_a_fault_runs_if_the_fault_may_strike():
    stormy = await explore(Scenario({"ann": sets_or_mends}, faults=Faults(lose_reply=1)), lines=LINES)
    assert stormy.unrun == {(__file__, FIRST + 6)}


async def test_without_lines_nothing_is_reported():
    assert (await explore(Scenario({"ann": sets_or_mends}))).unrun == frozenset()
