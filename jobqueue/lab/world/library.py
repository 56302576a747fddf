"""The lab's standard work, one job per file of Python's library, and the account of what became of it."""

from collections import Counter

import msgspec

from jobqueue.lab.course.library import enqueue_library, measure, sources
from jobqueue.lab.fleet.fleet import Fleet
from jobqueue.lab.world.pace import pace
from jobqueue.lab.world.waits import NothingToWaitFor, Waits
from jobqueue.queue import Queue

#: Jobs that the lesson's workers hold at once: three workers with eight slots each.
SLOTS = 24


class LibraryAccount(msgspec.Struct, frozen=True):
    """Every accepted job, compared with a result computed directly."""

    accepted: int
    #: Jobs that are done with the right result.
    done: int
    #: Of all these jobs, those that were begun more than once: the price of at-least-once.
    run_twice: int
    #: Jobs with a wrong result.
    wrong: int
    #: Jobs that are still waiting, pending or delayed.
    unsettled: int
    #: Jobs that the queue gave up, and keeps as dead letters.
    dead: int

    @property
    def lost(self) -> int:
        """Jobs that were accepted and are nowhere now."""
        return self.accepted - self.done - self.wrong - self.unsettled - self.dead

    @property
    def ok(self) -> bool:
        return self.done == self.accepted

    def __str__(self) -> str:
        rare = {"unsettled": self.unsettled, "dead": self.dead, "wrong": self.wrong}
        counts = {"accepted": self.accepted, "done": self.done} | {name: n for name, n in rare.items() if n}
        counts |= {"run twice": self.run_twice, "lost": self.lost}
        return " · ".join(f"{name} {n}" for name, n in counts.items())


class LibraryJobs:
    """Enqueues the library to `queue` and remembers which job reads which file, in `jobs`."""

    def __init__(self, queue: Queue, fleet: Fleet, waits: Waits):
        self.queue, self.fleet, self.waits = queue, fleet, waits
        #: Job id → the file that it reads. Clear it to start a new account.
        self.jobs: dict[str, str] = {}

    async def enqueue(self, seconds: float = 10.0, files: int | None = None) -> int:
        """Enqueue one job per file of Python's library, or per file of the first `files`.

        24 slots need about `seconds` for them. Returns how many jobs of this kind there are now.
        """
        self.waits.require_open()
        chosen = sources()[:files]
        await enqueue_library(self.queue, pace(seconds) * SLOTS / len(chosen), self.jobs, chosen)
        return len(self.jobs)

    async def busy(self, seconds: float = 20.0) -> None:
        """Wait until a worker holds a job. If all jobs are done by then, it enqueues the library once more."""
        self.waits.require_open()
        if not self.fleet.alive:
            raise NothingToWaitFor("no worker is alive, so none can be busy: hire some first")
        if not (await self.queue.snapshot()).unsettled:
            await self.enqueue(seconds)
        await self.waits.until(lambda frame: bool(frame.ledger))

    async def account(self) -> LibraryAccount:
        """Compare the result of every job with one that's computed here, from the same file."""
        self.waits.require_open()
        ends: Counter[str] = Counter()
        for job_id, source in self.jobs.items():
            status = await self.queue.job(job_id)
            state = status.state if status else "lost"
            ends["wrong" if status and state == "done" and status.result != measure(source) else state] += 1
        began = self.fleet.began()
        run_twice = sum(began[job] > 1 for job in self.jobs)
        unsettled = ends["waiting"] + ends["pending"] + ends["delayed"]
        return LibraryAccount(len(self.jobs), ends["done"], run_twice, ends["wrong"], unsettled, ends["dead"])
