"""The workers of a world: everything you do to them leaves a mark in its recording."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any, Unpack

from jobqueue.errors import BadSetting
from jobqueue.lab.fleet.marks import Marks
from jobqueue.lab.fleet.members import Member, check_jobs
from jobqueue.lab.fleet.network import Network
from jobqueue.lab.fleet.processes import HireOptions, Processes
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.queue import Queue


class Fleet:
    """Hires workers, harms them and lets them go, by name. Each verb returns the worker, as a Member.

    `require_open` raises once the world is closed, so a cell that runs too late starts nothing.
    """

    def __init__(self, queue: Queue, processes: Processes, marks: Marks, require_open: Callable[[], None]):
        self.queue, self.processes, self.marks, self.require_open = queue, processes, marks, require_open

    @property
    def members(self) -> dict[str, Member]:
        """Every worker there has been, by name; of two with the same name the later one."""
        return self.processes.members

    @property
    def alive(self) -> list[Member]:
        """The living ones, also those that are frozen, in the order in which they were hired."""
        return self.processes.alive

    @property
    def network(self) -> Network:
        """The proxies between the workers and Redis."""
        return self.processes.network

    def living(self, name: str) -> Member:
        """Return the worker of this name. Raises BadSetting if it isn't alive."""
        return self.processes.living(name)

    def began(self) -> Counter[str]:
        """How often each job was begun, by any worker. More than once means that its work was done twice."""
        return self.processes.began()

    async def orphans(self) -> int:
        """How many jobs are pending under workers whose process is dead."""
        self.require_open()
        return _orphans(await self.marks.recorder.refresh())

    async def most_orphans(self) -> int:
        """The most jobs that were ever pending under dead workers at once, in the whole recording until now."""
        await self.orphans()
        return max(map(_orphans, self.marks.recorder.frames))

    def hire(self, count: int = 1, **options: Unpack[HireOptions]) -> list[Member]:
        """Start `count` workers. They get the next free names.

        Args:
            concurrency (int): jobs that each holds at once (default 8).
            reap (bool): whether each runs a reaper too (default True).
            handlers: functions of your own by task name, in addition to the lab's.
            policy: a policy's name, or a function; they follow it while the queue has none set.

        Raises BadSetting for options that no worker could start with.
        """
        self.require_open()
        hired = self.processes.hire(count, **options)
        self.marks.note(f"{', '.join(member.name for member in hired)} hired")
        return hired

    def spawn(self, program: Callable[..., Any], name: str | None = None) -> Member:
        """Start a process that runs your own `async def program(redis, name)` instead of being a worker.

        So that you can run a cell again: if one of this name runs the same program already, it stays, and one that runs
        another program is killed. Raises BadSetting if it's a worker of the kit, or if the function can't be sent.
        """
        self.require_open()
        former = self.members.get(name or "")
        member = self.processes.spawn(program, name)
        if member is not former:
            self.marks.note(f"{member.name} started")
        return member

    def fire(self, name: str) -> Member:
        """Send SIGTERM: the worker drains, and leaves when it holds nothing."""
        self.require_open()
        member = self.processes.fire(name)
        self.marks.note(f"{name} fired")
        return member

    def kill(self, name: str | None = None) -> Member:
        """`kill -9` a worker: the named one, or the one that holds the most jobs. It can't say goodbye."""
        self.require_open()
        if not (name or self.alive):
            raise BadSetting("no worker is alive, so you can't kill one: hire some first")
        member = self.processes.kill(name or self._busiest())
        self.marks.recorder.mark(f"kill -9 {member.name}")
        self.marks.bury([member])
        return member

    def end(self, name: str) -> None:
        """`kill -9` the worker of this name if there is a living one. So a cell with this can be run twice."""
        self.require_open()
        member = self.members.get(name)
        if member and member.alive:
            self.kill(name)

    def freeze(self, name: str) -> Member:
        """Send SIGSTOP: the worker stands still, heartbeat and all, until `thaw`. It doesn't notice."""
        self.require_open()
        member = self.processes.freeze(name)
        self.marks.begin("frozen", f"{name} frozen", member)
        return member

    def thaw(self, name: str) -> Member:
        """Send SIGCONT: the worker goes on as if no time had passed."""
        self.require_open()
        member = self.processes.thaw(name)
        self.marks.end("frozen", member)
        return member

    def slow(self, name: str, times: float) -> Member:
        """Make each of its jobs take `times` as long; 1 ends it."""
        self.require_open()
        if not isinstance(times, int | float) or not 1 <= times < math.inf:
            raise BadSetting(f"slow takes how many times as long, at least 1, not {times!r}")
        return self._order(name, "slow", times, times > 1, f"slow ×{times:g}")

    def hoard(self, name: str, jobs: int) -> Member:
        """Make it hold up to `jobs` jobs, and work on no more at once than before. Its own number ends it."""
        self.require_open()
        check_jobs("hoard", jobs)
        return self._order(name, "hoard", jobs, jobs > self.living(name).concurrency, f"hoards {jobs}")

    async def teach(self, pick: Callable[..., Any]) -> str:
        """Have all workers follow this policy from their next fetch on, also later ones; returns its name."""
        self.require_open()
        name = self.processes.teach(pick)
        await self.queue.set_policy(name)
        self.marks.note(f"policy {name.partition('#')[0]}")  # without its number, which only workers need
        return name

    def close(self) -> None:
        """Kill every worker that's left. The jobs they hold stay pending."""
        self.processes.close()

    def _busiest(self) -> str:
        """The name of the living worker with the most pending entries in the latest frame."""
        frames = self.marks.recorder.frames
        held = {worker.name: worker.running for worker in frames[-1].workers} if frames else {}
        return max(self.alive, key=lambda member: held.get(member.name, 0)).name

    def _order(self, name: str, kind: str, value: float, on: bool, word: str) -> Member:
        member = self.living(name)
        member.order(**{kind: value})
        if on:
            self.marks.begin(kind, f"{name} {word}", member, word)
        else:
            self.marks.end(kind, member)
        return member


def _orphans(frame: WorldFrame) -> int:
    return len(frame.orphans)
