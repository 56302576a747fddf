"""One exploration on many machines: each worker of a Dask cluster searches parts, on an embedded server of its own.

We keep what all parts have met, by the fingerprints of states, and hand out short parts, each from a few prefixes of
choices, until nothing is left to do. So in the end the graph is the same as on one machine, and so is the report.
Two workers may meet one state at the same time. That costs time, and changes nothing.
"""

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobqueue.errors import BadSetting
from jobqueue.explorer.engine.merge import Merge
from jobqueue.explorer.engine.part import Part, join, split
from jobqueue.explorer.isolation.handle import Lost
from jobqueue.explorer.isolation.messages import Progress
from jobqueue.explorer.isolation.parent import report_loss
from jobqueue.explorer.isolation.pickles import dumps_with_code
from jobqueue.explorer.isolation.session import OnProgress, Session
from jobqueue.explorer.report.summary import Report
from jobqueue.explorer.scenario import Bounds, Scenario

if TYPE_CHECKING:
    from distributed import Client, as_completed

#: Schedules of a part, at least and at most. Only after it do the other workers learn what this one has met. But it
#: takes as long to begin a part as to run some fifty schedules. So parts grow: the first ones are short, and all
#: workers soon have something to do.
SHORT, LONG = 50, 1_000

#: Seconds that a part may take, however long its schedules are.
PART_SECONDS = 10.0


async def explore_on(
    client: "Client",
    scenario: Scenario,
    *,
    seconds: float | None = None,
    schedules: int | None = None,
    steps: int = 100,
    states: int | None = None,
    on_progress: OnProgress = lambda progress: None,
) -> Report:
    """Explore `scenario` as `explore` does, on all workers of the Dask cluster that `client` is connected to.

    The report is the same as that of `explore`, except for `runs` and `seconds`: runs are those of all workers
    together, and some are made twice. With a bound, it also depends on chance how far the search comes. A worker needs
    this kit, with the same versions of Python and Redis. If it's lost, another one searches its part again.

    Raises RuntimeError if the scenario's own setup fails, and BadSetting if the cluster has no workers.

    Args:
        client: an ordinary `distributed.Client`, not an asynchronous one.
        seconds, schedules, steps, states: bounds, see `Bounds`. Workers hear of them between parts.
        on_progress: called after each part.
    """
    search = _Search(client, scenario, Bounds(schedules, seconds, steps, states))
    try:
        while not search.is_over:
            await search.hand_out()
            await search.take_in()
            on_progress(search.progress())
    except asyncio.CancelledError:
        search.bound = "interrupted"
    except Lost as lost:
        return report_loss(scenario, lost, search.progress())
    finally:
        search.close()
    return await search.report()


class _Search:
    """The parts at work, what they have met, and the bound that was reached."""

    def __init__(self, client: "Client", scenario: Scenario, bounds: Bounds):
        from distributed import as_completed

        self.client, self.scenario, self.bounds = client, scenario, bounds
        self.pickled = dumps_with_code(scenario)
        self.merge = Merge()
        self.at_work: as_completed = as_completed(loop=client.loop)
        self.bound: str | None = None
        self.started = time.monotonic()

    @property
    def is_over(self) -> bool:
        return self.at_work.is_empty() and (bool(self.bound) or not self.merge.open)

    async def hand_out(self) -> None:
        """Give every free thread of the cluster a part."""
        threads = sum((await asyncio.to_thread(self.client.nthreads)).values())
        if not threads:
            raise BadSetting("this Dask cluster has no workers. client.wait_for_workers(1) waits for one")
        known = join(self.merge.known)
        while not self.bound and (free := threads - self.at_work.count()) > 0:
            if not (prefixes := self.merge.take(free)):
                break
            options = {"bounds": self._bounds(), "prefixes": prefixes}
            self.at_work.add(self.client.submit(_search_part, self.pickled, options, known, pure=False))

    async def take_in(self) -> None:
        """Wait for a part, and note whether a bound is reached."""
        if self.at_work.is_empty():
            return
        part = await asyncio.to_thread(_next, self.at_work)
        if isinstance(part, tuple):
            raise Lost(*part)
        self.merge.add(part)
        self.bound = self.bound or self.merge.broken or self._reached()

    def progress(self) -> Progress:
        graph = self.merge.graph
        wrong = sum(1 for findings in graph.findings.values() if findings)
        return Progress(self.merge.runs, graph.states, len(self.merge.open), wrong, time.monotonic() - self.started)

    async def report(self) -> Report:
        """The report, made in a child of this process, as that of `explore` is."""
        options = {"merge": self.merge, "bound": self.bound}
        async with Session() as session:
            report: Report = await session.ask("report", self.pickled, options)
        seconds = time.monotonic() - self.started
        return replace(report, seconds=seconds, source=(self.scenario, self.bounds))

    def close(self) -> None:
        """Cancel the parts that are still at work."""
        self.client.cancel(list(self.at_work.futures))
        self.at_work.clear()

    def _bounds(self) -> Bounds:
        """The bounds of a part: its own, and what is left of the whole search's."""
        schedules, states, seconds = min(LONG, max(SHORT, self.merge.runs)), self.bounds.states, PART_SECONDS
        if self.bounds.schedules:
            schedules = max(1, min(schedules, self.bounds.schedules - self.merge.runs))
        if self.bounds.seconds is not None:
            seconds = max(0.1, min(seconds, self.bounds.seconds - (time.monotonic() - self.started)))
        return Bounds(
            schedules=schedules,
            states=states and max(1, states - self.merge.graph.states),
            seconds=seconds,
            steps=self.bounds.steps,
        )

    def _reached(self) -> str | None:
        """The bound that is reached, in words, if there's still something to do."""
        bounds, merge = self.bounds, self.merge
        if not merge.open:
            return None
        if bounds.schedules and merge.runs >= bounds.schedules:
            return f"{merge.runs:,} schedules run"
        if bounds.states and merge.graph.states >= bounds.states:
            return f"{merge.graph.states:,} states met"
        if bounds.seconds is not None and time.monotonic() - self.started > bounds.seconds:
            return f"{bounds.seconds:g} s"
        return None


def _next(at_work: "as_completed") -> Part | tuple[str, str]:
    """Wait for a part of those at work. Raises what its setup raised."""
    result: Part | tuple[str, str] = next(at_work).result()
    return result


def _search_part(scenario: bytes, options: dict[str, Any], known: bytes) -> Part | tuple[str, str]:
    """Search a part, in a thread of a Dask worker; if a program ended the search, say how: (kind, words).

    The scenario stays pickled here, so that its programs run in the worker's child only.
    """

    async def ask() -> Part:
        async with Session() as session:
            part: Part = await session.ask("part", scenario, options | {"elsewhere": split(known)})
            return part

    try:
        return asyncio.run(ask())
    except Lost as lost:
        return lost.kind, str(lost)
