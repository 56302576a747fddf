"""Every order and every crash of small async Redis programs, on a real server, in virtual time.

You write two or three programs with ordinary redis-py. Each command they send is a step. The explorer runs them in
every possible order of steps, and strikes with the faults you allow, in every place. It shows you the shortest
schedule that breaks your rules. It knows nothing of job queues, so you can explore any program that speaks Redis:

    from jobqueue.explorer import Scenario, explore

    async def add(redis, world):
        await redis.set("n", int(await redis.get("n") or 0) + 1)
        world.record("added")
    def all_count(end):
        assert int(end.content.keys.get("n", 0)) == len(end.effects), "an update was lost"
    print(await explore(Scenario({"ann": add, "bob": add}, invariants=[all_count])))

Read it in this order:

    scenario.py    the programs to explore, their setup, the faults, and the rules
    record.py      the small values that all else passes around: a choice, the record of it, a finding
    redis_seam/    a client whose commands wait for their turn, and the server's side of that
    engine/        one simulation that runs again and again, and the search through all its choices
    report/        the result of a search, as text and as pictures
    isolation/     the child process that does all this, so that no program can hang or crash your notebook
    fences/        limits on what a program may do or use up
    in_process.py  the same without a child, for tests
    many_machines.py  the same on a Dask cluster
    invariants.py  rules that are ready to use, in Jepsen's words
    play.py        you as the scheduler: step the programs by hand
    pytest_plugin.py  the fixture `explore`, for your own code: see notebooks/explore-your-own.md

`Report` says what it guarantees, and `Program` lists what isn't modelled.
"""

from typing import TYPE_CHECKING, Any

from jobqueue.explorer import invariants
from jobqueue.explorer.engine.replay import Frame, Position, Schedule
from jobqueue.explorer.isolation.messages import Progress
from jobqueue.explorer.isolation.parent import explore, position, replay
from jobqueue.explorer.many_machines import explore_on
from jobqueue.explorer.record import Choice, Finding
from jobqueue.explorer.redis_seam.content import Content, Group, Pending, Stream, View
from jobqueue.explorer.report.summary import Problem, Report
from jobqueue.explorer.scenario import Bounds, Faults, Program, Scenario

if TYPE_CHECKING:
    from jobqueue.explorer.play import Play

__all__ = [
    "Bounds",
    "Choice",
    "Content",
    "Faults",
    "Finding",
    "Frame",
    "Group",
    "Pending",
    "Play",
    "Position",
    "Problem",
    "Program",
    "Progress",
    "Report",
    "Scenario",
    "Schedule",
    "Stream",
    "View",
    "explore",
    "explore_on",
    "invariants",
    "position",
    "replay",
]


def __getattr__(name: str) -> Any:
    if name == "Play":  # only a notebook needs it, and its widgets
        from jobqueue.explorer.play import Play

        return Play
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
