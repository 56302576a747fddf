"""Which protection stands against which failure: each switched off once, under the same faults at the same moments."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from jobqueue.errors import BadSetting
from jobqueue.job import NewJob
from jobqueue.keys import GROUP
from jobqueue.lab.audit import outcomes
from jobqueue.lab.hands import empty
from jobqueue.lab.without import PROTECTIONS, queue_name, serve
from jobqueue.queue import Queue

if TYPE_CHECKING:
    import pandas

    from jobqueue.lab.world import World

#: Jobs of a queue in one experiment, enough for all of the crew; the lease in seconds at the learner's pace.
JOBS, CREW, LEASE = 8, 4, 1.5

#: The columns, and the row in which nothing is off.
FAULTS = ("kill -9", "freeze", "long job", "job fails once", "deploy", "Redis restarts")
ALL_ON = "all on"


class Matrix:
    """The experiments, one a fault: `await Matrix(world).fill()`."""

    def __init__(self, world: "World", off: str | None = None):
        if off not in (None, *PROTECTIONS):
            raise BadSetting(f"no protection is called {off!r}: there are {', '.join(PROTECTIONS)}")
        self.world, self.lease = world, max(0.5, world.pace(LEASE))
        rows = [row for row in PROTECTIONS if off in (None, row) or row == ALL_ON]
        self.queues = {row: Queue(world.queue.url, queue_name(row)) for row in rows}
        self.columns: dict[str, dict[str, str]] = {fault: dict.fromkeys(rows, "…") for fault in FAULTS}
        self.shown = Shown()
        self.short = self.lease / 2.5
        self.crew: list[str] = []
        self.struck: dict[str, tuple[Queue, list[str], NewJob]] = {}

    async def fill(self) -> "pandas.DataFrame":
        """A row for each protection that is off, a column for each fault; in a cell what became of the jobs."""
        import pandas

        await self.world.muster(0)
        try:
            for queue in self.queues.values():
                await empty(queue)  # of what another try has left
            await self._furnish()
            self.crew = [self.world.spawn(serve).name for _ in range(CREW)]
            await self._strike()
        finally:  # interrupted, too: or the next try would find this one's workers, and their jobs
            await self.world.muster(0)
            for queue in self.queues.values():
                await queue.close()
        return pandas.DataFrame(self.columns)

    async def _strike(self) -> None:
        """One fault after the other; drain and persistence are off where their own fault strikes."""
        self._show()
        self._show(**{"kill -9": await self._under(self._kill)})
        self._show(freeze=await self._under(self._freeze))
        long, fails = await asyncio.gather(self._under(seconds=1.6 * self.lease, jobs=2), self._under(fails=1))
        self._show(**{"long job": long, "job fails once": fails})
        self._show(deploy=await self._under(self._deploy, but="drain off"))
        self._show(deploy=await self._under(self._kill, only="drain off"))
        restarts = await self._under(self._restart, but="persistence off")
        self._show(**{"Redis restarts": restarts})
        self._show(**{"Redis restarts": await self._under(self._restart_empty, only="persistence off")})

    def _show(self, **columns: dict[str, str]) -> None:
        """Fill in what is known now."""
        import pandas

        for fault, cells in columns.items():
            self.columns[fault] |= cells
        self.shown.update(pandas.DataFrame(self.columns))

    async def _under(
        self,
        harm: Callable[[], Awaitable] | None = None,
        *,
        seconds: float | None = None,
        fails: int = 0,
        jobs: int = JOBS,
        only: str | None = None,
        but: str | None = None,
    ) -> dict[str, str]:
        """Have so many jobs done on each queue (or `only` one, or all `but` one), do the harm while a worker has some
        of each in its hands, and account for all of them: {protection: what became of its jobs}."""
        queues = {off: queue for off, queue in self.queues.items() if only in (None, off) and off != but}
        if not queues:
            return {}
        payload = {"seconds": self.short if seconds is None else seconds, "fails": fails}
        await self._until_ready()
        ids = {}
        for off, queue in queues.items():
            job = NewJob("work", payload, max_attempts=1 if off == "retries off" else 3)
            ids[off] = await queue.enqueue_many([job] * jobs)
            self.struck[off] = queue, ids[off], job
        if harm:
            self.struck = {off: self.struck[off] for off in queues}
            await harm()
        states = await self._until_quiet(queues, ids)
        began = self.world.fleet.began()
        cells = {}
        for off, queue in queues.items():
            done, dead, settled = states[off].count("done"), states[off].count("dead"), await outcomes(queue)
            cells[off] = worst(
                lost=len(ids[off]) - done - dead,
                dead=dead,
                settled_twice=sum(settled.count(job) > 1 for job in ids[off]),
                run_twice=sum(began[job] > 1 + fails for job in ids[off]),  # a retry is meant,
            )
        return cells

    async def _until_quiet(self, queues, ids) -> dict[str, list[str]]:
        """Until all have ended, and a late worker has had its say; or until nothing has happened for some leases.

        Where there is a reaper, that is a busy machine's slow one, mostly: what is pending is looked after in the end.
        """
        last, since = dict.fromkeys(queues), dict.fromkeys(queues, 0.0)
        while True:
            looks = {off: [await queue.job(job) for job in ids[off]] for off, queue in queues.items()}
            now = time.monotonic()
            since = {off: since[off] if looks[off] == last[off] else now for off in queues}
            last = looks
            patience = {
                off: self.lease * (0.4 if _ended(looks[off]) else 2.0 if off == "reaper off" else 8.0) for off in queues
            }
            if all(now - since[off] > patience[off] for off in queues):
                return {off: [one.state if one else "gone" for one in found] for off, found in looks.items()}
            await asyncio.sleep(0.05)

    async def _furnish(self) -> None:
        for queue in self.queues.values():
            await queue.open()
            await queue.set_lease(self.lease)
            await queue.record_events()

    async def _until_ready(self) -> None:
        """Until each of the crew reads from each queue: or those who were first might leave the others nothing."""
        for queue in self.queues.values():
            async with asyncio.timeout(30):
                while not set(self.crew) <= {info["name"].decode() for info in await _consumers(queue)}:
                    await asyncio.sleep(0.02)

    async def _catch(self) -> str:
        """Freeze the first of the crew when it has jobs of all queues in its hands; returns its name."""
        name = self.crew[0]
        async with asyncio.timeout(20):
            while True:
                self.world.fleet.freeze(name)
                if all([await self._has(name, queue, ids) for queue, ids, _ in self.struck.values()]):
                    return name
                self.world.fleet.thaw(name)
                for queue, ids, job in self.struck.values():  # where all are done, on a busy machine, more are needed
                    if _ended([await queue.job(one) for one in ids]):
                        ids += await queue.enqueue_many([job] * JOBS)
                await asyncio.sleep(0.03)

    async def _has(self, name: str, queue: Queue, ids: list[str]) -> bool:
        """Has this worker begun one of these jobs, and not settled all that it took?"""
        self.world.fleet.began()  # has the logs read
        begun = self.world.fleet.members[name].began
        pending = await queue.redis.xpending_range(queue.keys.stream("normal"), GROUP, "-", "+", 1, name)
        return bool(pending) and any(begun[job] for job in ids)

    async def _kill(self) -> None:
        self.world.kill(await self._catch())
        self.crew.pop(0)

    async def _freeze(self) -> None:
        name = await self._catch()
        await asyncio.sleep(2 * self.lease)
        self.world.fleet.thaw(name)

    async def _deploy(self) -> None:
        name = await self._catch()
        self.world.fleet.thaw(name)
        self.world.fire(name)
        self.crew.remove(name)

    async def _restart(self) -> None:
        await self.world.faults.kill_redis()
        await self.world.faults.restart_redis(keep=True)

    async def _restart_empty(self) -> None:
        await self.world.faults.restart_redis(keep=False)
        await self._furnish()


async def _consumers(queue: Queue) -> list[dict]:
    return await queue.redis.xinfo_consumers(queue.keys.stream("normal"), GROUP)


def _ended(jobs: list) -> bool:
    return all(job is None or job.state in ("done", "dead") for job in jobs)


def worst(*, lost: int, dead: int, settled_twice: int, run_twice: int) -> str:
    """The worst that happened to the jobs of one cell, in a word."""
    if lost:
        return "lost"
    if dead:
        return "dead"
    if settled_twice:
        return "settled twice"
    return "run twice" if run_twice else "fine"


class Shown:
    """The table in a notebook, and what is known of it; one output, that changes. Elsewhere it is not shown."""

    def __init__(self):
        self.handle = None

    def update(self, table: "pandas.DataFrame") -> None:
        from IPython import get_ipython
        from IPython.display import display

        if not get_ipython():
            return
        data = {"text/plain": table.to_string(), "text/html": _html(table)}
        if self.handle:
            self.handle.update(data, raw=True)
        else:
            self.handle = display(data, raw=True, display_id=True)


def _html(table: "pandas.DataFrame") -> str:
    """With what differs from the row of all protections in bold, and the failure that each row is to bring back."""
    rows = []
    for off in table.index:
        other = [cell not in ("…", table[fault][ALL_ON]) for fault, cell in table.loc[off].items()]
        cells = [
            f"<td>{'<b>⚑ ' * new}{cell}{'</b>' * new}</td>" for new, cell in zip(other, table.loc[off], strict=True)
        ]
        rows.append(f"<tr><th>{off}</th>{''.join(cells)}<td>{PROTECTIONS[off]}</td></tr>")
    head = "".join(f"<th>{name}</th>" for name in ["", *table, "failure"])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


async def matrix(world: "World", off: str | None = None) -> "pandas.DataFrame":
    """Switch off one protection after the other, here and now, or just this one; see Matrix.fill. A notebook shows the
    table while it is filled. Redis's data are gone afterwards."""
    return await Matrix(world, off).fill()
