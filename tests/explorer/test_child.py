"""The child process: it never outlives its parent, and takes its server along."""

import os
import signal
import sys

import psutil

import jobqueue.lab.check
from helpers import eventually, python, running
from jobqueue.explorer import Scenario, explore
from jobqueue.explorer.isolation import session

EXPLORE = """
    import asyncio, json
    from jobqueue.explorer import Scenario, explore

    async def program(redis, world):
        await redis.get("x")

    print(json.dumps(asyncio.run(explore(Scenario({"a": program}))).verdict), flush=True)
    input()
"""


def test_killing_the_parent_ends_the_child_and_its_server():
    with python(EXPLORE) as parent:
        assert parent.json() == "holds"
        family = psutil.Process(parent.pid).children(recursive=True)
        assert any("valkey" in process.name() or "redis" in process.name() for process in family)
        os.kill(parent.pid, signal.SIGKILL)
    eventually(lambda: not any(running(process.pid) for process in family))


async def looks_for_colorsys(redis, world):
    world.record("colorsys" in sys.modules)


def is_there(end):
    assert end.effects == ((True,),)


async def test_what_scenarios_need_is_imported_once_before_the_child_forks(monkeypatch):
    scenario = Scenario({"a": looks_for_colorsys}, invariants=[is_there])
    assert not (await explore(scenario)).ok
    monkeypatch.setattr(session, "PRELOAD", ["colorsys"])
    assert (await explore(scenario)).ok


def test_a_child_is_warm_for_the_checkers():
    assert [jobqueue.lab.check.__name__] == session.PRELOAD


async def test_an_object_among_the_modules_that_is_none_does_no_harm(monkeypatch):
    monkeypatch.setitem(sys.modules, "odd", {})  # a browser tab has objects of JavaScript there
    assert (await explore(Scenario({"a": looks_for_colorsys}))).verdict == "holds"
