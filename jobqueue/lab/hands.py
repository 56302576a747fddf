"""What one does to the workers of a world, from a cell or a button: each a mark in its recording."""

import math
from collections.abc import Callable

from jobqueue.errors import BadSetting
from jobqueue.lab.crew import Member, check_jobs
from jobqueue.lab.faults import Faults
from jobqueue.lab.fleet import Fleet
from jobqueue.lab.load import Load
from jobqueue.lab.recorder import Recorder
from jobqueue.queue import Queue


class Hands:
    """The part of a World that hires workers, harms them and has them go."""

    queue: Queue
    fleet: Fleet
    recorder: Recorder
    faults: Faults
    loads: list[Load]

    def hire(self, count: int = 1, **options) -> list[Member]:
        """Start worker processes; see Fleet.hire."""
        self._require_open()
        hired = self.fleet.hire(count, **options)
        self.recorder.mark(f"{', '.join(member.name for member in hired)} hired", fault=False)
        return hired

    def spawn(self, program: Callable, name: str | None = None) -> Member:
        """Start a process that runs your own `async def program(redis, name)`; see Fleet.spawn."""
        self._require_open()
        member = self.fleet.spawn(program, name)
        self.recorder.mark(f"{member.name} started", fault=False)
        return member

    def fire(self, name: str) -> Member:
        """SIGTERM: the worker drains, and leaves when it holds nothing."""
        self._require_open()
        member = self.fleet.fire(name)
        self.recorder.mark(f"{name} fired", fault=False)
        return member

    def kill(self, name: str | None = None) -> Member:
        """kill -9 a worker: the one named, or the one that holds most. Returns it."""
        self._require_open()
        latest = self.recorder.frames[-1]["workers"] if self.recorder.frames else []
        held = {worker["name"]: worker["running"] for worker in latest}
        alive = [member.name for member in self.fleet.alive]
        if not (name or alive):
            raise BadSetting("nobody is alive whom you could kill: hire somebody first")
        member = self.fleet.kill(name or max(alive, key=lambda one: held.get(one, 0)))
        self.recorder.mark(f"kill -9 {member.name}")
        self.faults.marks.bury([member])
        return member

    def end(self, name: str) -> None:
        """kill -9 who has this name, unless somebody did so before, or nobody ever had it: for a cell run twice."""
        self._require_open()
        member = self.fleet.members.get(name)
        if member and member.alive:
            self.kill(name)

    def freeze(self, name: str) -> Member:
        """SIGSTOP a worker: it stands still, heartbeat and all, until `thaw`, and does not know."""
        self._require_open()
        member = self.fleet.freeze(name)
        self.faults.marks.begin("frozen", f"{name} frozen", member)
        return member

    def thaw(self, name: str) -> Member:
        """SIGCONT a frozen worker: it goes on as if no time had passed."""
        self._require_open()
        member = self.fleet.thaw(name)
        self.faults.marks.end("frozen", member)
        return member

    def slow(self, name: str, times: float) -> Member:
        """Each job takes the worker so many times as long as it would; 1 ends it."""
        self._require_open()
        if not isinstance(times, int | float) or not 1 <= times < math.inf:
            raise BadSetting(f"slow takes how many times as long, at least 1, not {times!r}")
        return self._dial(name, "slow", times, times > 1, f"slow ×{times:g}")

    def hoard(self, name: str, jobs: int) -> Member:
        """The worker fetches up to so many jobs, and works on no more at once than before; its own number ends it."""
        self._require_open()
        check_jobs("hoard", jobs)
        return self._dial(name, "hoard", jobs, jobs > self.fleet.living(name).concurrency, f"hoards {jobs}")

    async def muster(self, count: int) -> list[Member]:
        """A fresh start, for an act that may be played again: no load, a Redis that runs, so many workers, all well.

        They are those who live, if they are so many, nothing ails them, and all jobs are settled. If not, they are
        killed, what is left of the queue is deleted, and others are hired.
        """
        self._require_open()
        for load in self.loads:
            load.stop()
        if {"down", "paused"} & set(self.faults.marks.of()):
            await self.faults.restart_redis(keep=True)
        living = self.fleet.alive
        settled = not (await self.queue.snapshot()).unsettled
        if settled and len(living) == count and not any(one.frozen or one.fired or one.faults for one in living):
            return living
        for member in living:
            self.kill(member.name)
        if not settled:
            await empty(self.queue)
            await self._furnish()
        return self.hire(count) if count else []

    async def teach(self, pick: Callable) -> str:
        """All workers follow this policy from their next fetch on, those to come as well. Returns its name."""
        self._require_open()
        name = self.fleet.teach(pick)
        await self.queue.set_policy(name)
        self.recorder.mark(f"policy {name}", fault=False)
        return name

    def _dial(self, name: str, kind: str, value: float, on: bool, word: str) -> Member:
        member = self.fleet.living(name)
        member.order(**{kind: value})
        if on:
            self.faults.marks.begin(kind, f"{name} {word}", member, word)
        else:
            self.faults.marks.end(kind, member)
        return member

    def _require_open(self) -> None:
        raise NotImplementedError

    async def _furnish(self) -> None:
        raise NotImplementedError


async def empty(queue: Queue) -> None:
    """Delete all that a queue has in Redis. Nobody may be at work on it."""
    if keys := [key async for key in queue.redis.scan_iter(match=queue.keys.prefix + "*", count=1000)]:
        await queue.redis.delete(*keys)
