"""Which protection prevents which failure: each is switched off once, under the same faults at the same moments."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from jobqueue.errors import BadSetting
from jobqueue.job import NewJob
from jobqueue.lab.experiments.audit import outcomes
from jobqueue.lab.experiments.crew import JOBS, Crew, Struck, strike
from jobqueue.lab.experiments.matrix_table import ALL_ON, MatrixTable, worst
from jobqueue.lab.experiments.unprotected import PROTECTIONS, queue_name
from jobqueue.lab.fleet.cleanup import Failures
from jobqueue.lab.world.fresh import empty
from jobqueue.queue import Queue
from jobqueue.status import JobStatus

if TYPE_CHECKING:
    import pandas

    from jobqueue.lab.world import World

#: The lease in seconds, at the learner's pace.
LEASE = 1.5

Cells = dict[str, str]


async def matrix(world: "World", off: str | None = None) -> "pandas.DataFrame":
    """Switch off one protection after the other, or only this one, and see what becomes of the jobs.

    A row for each protection that's off, a column for each fault. A notebook shows the table while it's filled. It
    deletes what was in Redis.
    """
    return await Matrix(world, off).fill()


class Matrix:
    """The experiments, one per fault: `await Matrix(world).fill()`."""

    def __init__(self, world: "World", off: str | None = None):
        if off not in (None, *PROTECTIONS):
            raise BadSetting(f"no protection is called {off!r}; there are {', '.join(PROTECTIONS)}")
        self.world, self.lease = world, max(0.5, world.pace(LEASE))
        rows = [row for row in PROTECTIONS if off in (None, row) or row == ALL_ON]
        self.queues = {row: Queue(world.queue.url, queue_name(row)) for row in rows}
        self.table = MatrixTable(rows)
        self.struck: dict[str, Struck] = {}

    async def fill(self) -> "pandas.DataFrame":
        """Run every experiment; returns the table. Whatever ends it, no worker and no connection is left behind."""
        await self.world.muster(0)
        try:
            for queue in self.queues.values():
                await empty(queue)  # of what an earlier try has left
            await self._furnish()
            self.crew = Crew(self.world, self.queues)
            await self._run_all()
        finally:  # after an interrupt too, or the next try would find this one's workers, and their jobs
            failures = Failures()
            for close in (lambda: self.world.muster(0), *(queue.close for queue in self.queues.values())):
                with failures:
                    await close()
            failures.raise_first()
        return self.table.frame()

    async def _run_all(self) -> None:
        """One fault after the other. Drain and persistence are off where their own fault strikes."""
        fill, under, lease = self.table.fill, self._under, self.lease
        self.table.show()
        fill("kill -9", await under(self._kill))
        fill("freeze", await under(self._freeze))
        long, fails = await asyncio.gather(under(seconds=1.6 * lease, jobs=2), under(fails=1))
        fill("long job", long)
        fill("job fails once", fails)
        fill("deploy", await under(self._deploy, but="drain off"))
        fill("deploy", await under(self._kill, only="drain off"))
        fill("Redis restarts", await under(self._restart, but="persistence off"))
        fill("Redis restarts", await under(self._restart_empty, only="persistence off"))

    async def _under(
        self,
        harm: Callable[[], Awaitable[None]] | None = None,
        *,
        seconds: float | None = None,
        fails: int = 0,
        jobs: int = JOBS,
        only: str | None = None,
        but: str | None = None,
    ) -> Cells:
        """Enqueue jobs for each queue (or `only` one, or all `but` one), do the harm, and account for every job.

        The harm is done while a worker holds jobs of each of these queues.
        """
        queues = {off: queue for off, queue in self.queues.items() if only in (None, off) and off != but}
        if not queues:
            return {}
        await self.crew.until_ready(self.queues.values())
        payload = {"seconds": self.lease / 2.5 if seconds is None else seconds, "fails": fails}
        struck = {}
        for off, queue in queues.items():
            job = NewJob("work", payload, max_attempts=1 if off == "retries off" else 3)
            struck[off] = await strike(queue, job, jobs)
        if harm:
            self.struck = struck
            await harm()
        return await self._account(struck, await self._until_quiet(struck), fails)

    async def _account(self, struck: dict[str, Struck], states: dict[str, list[str]], fails: int) -> Cells:
        began, cells = self.world.fleet.began(), {}
        for off, each in struck.items():
            gone, dead, settled = states[off].count("gone"), states[off].count("dead"), await outcomes(each.queue)
            cells[off] = worst(
                gone=gone,
                stuck=len(each.ids) - gone - dead - states[off].count("done"),
                dead=dead,
                settled_twice=sum(settled.count(job) > 1 for job in each.ids),
                run_twice=sum(began[job] > 1 + fails for job in each.ids),  # a retry is meant
            )
        return cells

    async def _until_quiet(self, struck: dict[str, Struck]) -> dict[str, list[str]]:
        """Wait until all jobs have ended and a late worker has had its say; returns their states.

        Or until nothing has happened for some leases. Where there's a reaper, it gets more of them, because on a busy
        machine it's slow, and in the end it looks after everything that's pending.
        """
        latest: dict[str, list[JobStatus | None]] = {}
        since = dict.fromkeys(struck, 0.0)
        while True:
            looks = {off: [await each.queue.job(job) for job in each.ids] for off, each in struck.items()}
            now = time.monotonic()
            since = {off: since[off] if looks[off] == latest.get(off) else now for off in struck}
            latest = looks
            if all(now - since[off] > self._patience(off, looks[off]) for off in struck):
                return {off: [one.state if one else "gone" for one in jobs] for off, jobs in looks.items()}
            self.world.fleet.network.require_room()
            await asyncio.sleep(0.05)

    def _patience(self, off: str, jobs: list[JobStatus | None]) -> float:
        ended = all(job is None or job.state in ("done", "dead") for job in jobs)
        return self.lease * (0.4 if ended else 2.0 if off == "reaper off" else 8.0)

    async def _furnish(self) -> None:
        for queue in self.queues.values():
            await queue.open()
            await queue.set_lease(self.lease)
            await queue.record_events()

    async def _kill(self) -> None:
        self.world.kill(await self._catch())
        self.crew.names.pop(0)

    async def _freeze(self) -> None:
        name = await self._catch()
        await asyncio.sleep(2 * self.lease)
        self.world.fleet.processes.thaw(name)

    async def _deploy(self) -> None:
        name = await self._catch()
        self.world.fleet.processes.thaw(name)
        self.world.fire(name)
        self.crew.names.remove(name)

    async def _restart(self) -> None:
        await self.world.faults.kill_redis()
        await self.world.faults.restart_redis(keep=True)

    async def _restart_empty(self) -> None:
        await self.world.faults.restart_redis(keep=False)
        await self._furnish()

    async def _catch(self) -> str:
        return await self.crew.catch(self.struck.values())
