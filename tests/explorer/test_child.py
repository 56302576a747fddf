"""The child process: it never outlives its parent, and takes its server along."""

import os
import signal

import psutil

from helpers import eventually, python, running

EXPLORE = """
    import asyncio, json
    from jobqueue.lab.explorer import Scenario, explore

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
