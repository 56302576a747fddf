"""The cache of scripts, the time of functions and the lifetime of keys are the same in every schedule."""

import hashlib

import pytest
import redis.exceptions as redis_errors

from jobqueue.explorer import Faults, Scenario, explore

SOURCE = "return redis.call('INCR', KEYS[1])"
DIGEST = hashlib.sha1(SOURCE.encode()).hexdigest()
LUA_LOCK = "return redis.call('SET', KEYS[1], 1, 'NX', 'PX', 20) or false"


async def falls_back_on_eval(redis, world):
    try:
        await redis.evalsha(DIGEST, 1, "n")
    except redis_errors.NoScriptError:
        await redis.eval(SOURCE, 1, "n")
    await redis.evalsha(DIGEST, 1, "n")


async def test_a_program_that_sends_eval_where_evalsha_failed_does_so_in_every_schedule():
    report = await explore(Scenario({"ann": falls_back_on_eval, "bob": falls_back_on_eval}))
    assert report.ok and report.bound is None, f"{report}"
    assert report.schedules == 6  # two steps each: the answer that there's no such script is none


async def locks(redis, world):
    world.record("locked", bool(await redis.set("lock", 1, nx=True, px=20)))


async def locks_by_script(redis, world):
    world.record("locked", bool(await redis.eval(LUA_LOCK, 1, "lock")))


@pytest.mark.parametrize("program", [locks, locks_by_script])
async def test_a_lock_of_milliseconds_ends_only_by_virtual_time(program):
    """However slowly the steps of a schedule run: otherwise a schedule couldn't be run again."""

    def both(view):
        return "both" if view.outcomes == {"ann": "ended", "bob": "ended"} and _held_by_two(view) else None

    quiet = await explore(Scenario({"ann": program, "bob": program}, invariants=[both]))
    slow = await explore(
        Scenario({"ann": program, "bob": program}, invariants=[both], faults=Faults(pass_time=1), lease=1)
    )
    assert quiet.ok
    assert {problem.message for problem in slow.problems} == {"both"}


def _held_by_two(view):
    return view.effects.count(("locked", True)) == 2


LIBRARY = """#!lua name=clock
redis.register_function('add', function(keys) return redis.call('XADD', keys[1], '*', 'n', '1') end)
redis.register_function{
  function_name = 'now', callback = function() return redis.call('TIME')[1] end, flags = {'no-writes'},
}
"""


async def calls_functions(redis, world):
    await redis.function_load(LIBRARY, replace=True)
    world.record(await redis.fcall("add", 1, "s"), await redis.fcall_ro("now", 0))


async def test_a_function_of_a_library_sees_virtual_time():
    report = await explore(Scenario({"ann": calls_functions}, invariants=[lambda view: f"{view.effects}"]))
    assert report.problem.message == "(('1700000000000-0', '1700000000'),)"
