"""Every interleaving and every crash point of small async programs, on a real Redis, in virtual time.

    from jobqueue.lab.explorer import Faults, Finding, Scenario, explore

    async def setup(redis, world):
        await redis.xgroup_create("jobs", "workers", "0", mkstream=True)
        await redis.xadd("jobs", {"id": "1"})

    async def worker(redis, world):                      # ordinary redis-py; every command is a step
        for _, entries in await redis.xreadgroup("workers", "w", {"jobs": ">"}, count=1):
            for entry_id, fields in entries:
                await redis.xack("jobs", "workers", entry_id)
                world.record("ran", fields["id"])        # an effect outside Redis

    def nothing_lost(end):                               # called at the end of every schedule
        assert ("ran", "1") in end.effects or end.content.streams["jobs"].groups["workers"].pending, "job 1 is gone"

    report = await explore(Scenario({"worker": worker}, setup, invariants=[nothing_lost], faults=Faults(crash=1)))
    report.ok, report.verdict, report.problems           # and it displays itself, with the simplest schedule drawn

What happens. Each program gets a client of its own on which every command is a step (MULTI … EXEC and a script are one;
a pipeline without transaction is a step a command). A scheduler runs all orders of steps, and strikes with the faults
the scenario allows, in every place. Time stands still while somebody can act; when all wait, it jumps to the next timer
or the end of the next blocking read. At the end of a schedule `finish` (a healthy worker and reaper) clears up, and the
invariants are asked. Equal states are explored once, and every number in the report is as if they were not.

Beside this: `invariants` (Jepsen's words, and a healthy finish, ready to use), `play` (the learner as scheduler), and
`engine.explore_here`, which does the same in this process on a given server, for tests.

What is guaranteed. A report that `holds` has tried every schedule within the scenario's faults. In a report without a
`bound`, a problem's schedule is the shortest of its kind and faults, and the counts are exact. The same input gives the
same counts, always (unless `seconds` cut it short).

What is not modelled: datetime.now(), pub/sub subscriptions, time that passes inside a step, threads (a function given
to a thread runs at once), a consumer's own idle time (XINFO CONSUMERS; that of its entries is), programs that share
Python objects other than through Redis and `world`.
"""

from jobqueue.lab.explorer.content import Content, Group, Pending, Stream, View
from jobqueue.lab.explorer.kernel import explore, position, replay
from jobqueue.lab.explorer.messages import Progress
from jobqueue.lab.explorer.record import Choice, Finding
from jobqueue.lab.explorer.replay import Frame, Position, Schedule
from jobqueue.lab.explorer.report import Problem, Report
from jobqueue.lab.explorer.scenario import Bounds, Faults, Program, Scenario

__all__ = [
    "Bounds",
    "Choice",
    "Content",
    "Faults",
    "Finding",
    "Frame",
    "Group",
    "Pending",
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
    "position",
    "replay",
]
