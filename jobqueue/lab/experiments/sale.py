"""Do your watermarks and your tills keep the promise that a shop makes for its sale? A judge that names what's wrong.

await sale.check(world, (LOW, HIGH), pause)
"""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from jobqueue.admission import Watermarks
from jobqueue.errors import BadSetting
from jobqueue.explorer.report import svg
from jobqueue.job import NewJob
from jobqueue.lab.check import catalogue
from jobqueue.lab.check.display import STYLE
from jobqueue.lab.experiments.tills import (
    DONE,
    MOST_AT_ONCE,
    OFFERED,
    SECONDS,
    TILLS,
    PauseRaised,
    SaleReport,
    Tally,
    count,
    hold,
)
from jobqueue.lab.recording.excerpt import since
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.recording.recording import Recording
from jobqueue.lab.solutions import sale as working
from jobqueue.lab.traffic.polite import Ask, Pause, PoliteLoad, obey, polite
from jobqueue.printable import escape_html as escape
from jobqueue.queue import Queue

if TYPE_CHECKING:
    from jobqueue.lab.world import World

#: The promise: the longest wait in seconds, how often the gate may close, and for how much of the time the worker may
#: have nothing to do. And `MOST_AT_ONCE`.
LONGEST_S, MOST_CLOSED, MOST_IDLE = 1.0, 20, 1.0

#: Seconds per job that the gate needs at least to open and to close again: first one drains, then one fills.
CYCLE_S = 1 / DONE + 1 / (OFFERED - DONE)

#: Seconds that a job of a live sale takes, so that a worker with ten slots does `DONE` of them per second.
WORK_S = 10 / DONE

#: One promise: in words, what happened, and whether it was kept.
Row = tuple[str, str, bool]


class SaleVerdict:
    """What's wrong first, by name and in words, and how each promise fared. It displays itself."""

    def __init__(self, bug: str, words: str, rows: list[Row]):
        self.bug, self.words, self.rows = bug, words, rows

    @property
    def ok(self) -> bool:
        return not self.bug

    @property
    def headline(self) -> str:
        if self.ok:
            return "✓ sale.check: every promise is kept"
        known = f" · {catalogue.name('F45')}" if self.bug == "flaps" else ""
        return f"✗ sale.check: {self.bug}{known}"

    def __repr__(self) -> str:
        width = max((len(promise) for promise, _, _ in self.rows), default=0)
        rows = [f"  {'✓' if kept else '✗'} {promise:{width}}   {yours}" for promise, yours, kept in self.rows]
        return "\n".join([self.headline, "", *rows, "", f"  {self.words}"])

    def _repr_html_(self) -> str:
        style = "good" if self.ok else "wrong"
        rows = "".join(
            f"<tr><td>{'✓' if kept else '✗'}</td><td style='text-align:left'>{escape(promise)}</td>"
            f"<td style='text-align:right'>{escape(yours)}</td></tr>"
            for promise, yours, kept in self.rows
        )
        head = f'<h4 class="{style}">{catalogue.link(escape(self.headline))}</h4>'
        words = f'<p class="words">{escape(self.words)}</p>'
        table = f"<table><tr><th></th><th style='text-align:left'>promised</th><th>yours</th></tr>{rows}</table>"
        body = f"{head}{words}{table if rows else ''}"
        return f'{svg.STYLE}{STYLE}<div class="jqx jqx-check {style}">{body}</div>'


class LiveSale(msgspec.Struct, frozen=True):
    """What happened in a sale that really took place, and its recording."""

    asks: list[Ask]
    tally: Tally
    recording: Recording

    @property
    def answers(self) -> str:
        """The answers in order, a sign each: + for an accepted job, · for a refusal."""
        return "".join("+" if ask.accepted else "·" for ask in self.asks)

    @property
    def row(self) -> dict[str, int]:
        """For a table."""
        return self.tally.row


async def check(world: "World", marks: Watermarks, pause: Pause) -> SaleVerdict:
    """Hold a sale at a queue with these watermarks, and judge it.

    `pause(retry_after, rng)` returns the seconds until a till asks again that was told to wait for `retry_after`.
    """
    world.require_open()
    try:
        report = await hold(world.queue.url, marks, pause)
    except PauseRaised as error:
        return SaleVerdict("raises", f"Your pause raised {error}. So a till stopped asking.", [])
    except BadSetting as error:
        return SaleVerdict("not-usable", f"It can't be tried: {error}", [])
    bug, words = next(_troubles(report, *marks), ("", _praise(report)))
    return SaleVerdict(bug, words, _rows(report))


async def carry_on(world: "World", marks: Watermarks, pause: Pause) -> tuple[Watermarks, Pause]:
    """`(LOW, HIGH), pause = await sale.carry_on(world, (LOW, HIGH), pause)`: yours if they pass, else working ones."""
    theirs: Watermarks = working.LOW, working.HIGH
    if pause is working.pause:
        print("These are the kit's own, from the last time. Run the cell with yours first, and then this one.")
        return theirs, working.pause
    verdict = await check(world, marks, pause)
    if verdict.ok:
        print("Yours keep every promise. From here on, this notebook works with them.")
        return marks, pause
    print(f"Not there yet ({verdict.bug}). From here on, this notebook works with other marks and another pause.")
    print("Yours are still in their cell: run it, and this one, again whenever you like.")
    return theirs, working.pause


async def run(world: "World", capacity: int | Watermarks, pause: Pause = obey, seconds: float = 10.0) -> LiveSale:
    """Hold a sale with the world's own workers, and measure it for so many seconds once the queue is full.

    Returns when all its jobs are done. Raises BadSetting if there's no worker, and as `world.until`.
    """
    world.require_open()
    if not world.fleet.alive:
        raise BadSetting("no worker can do the jobs: run the cell that hires one, and then this one")
    world.traffic.stop()  # jobs of an interrupted sale end first
    await world.until(lambda frame: _are_ready(frame) and not frame.depth("normal"))
    world.limit("normal", capacity)
    low, high = world.recorder.capacity["normal"]
    world.recorder.mark(f"sale {low}:{high}", fault=False)
    began, second, before = world.recorder.now, world.pace(1), world.recorder.refused
    job = NewJob("sleep", {"seconds": WORK_S * second})
    # Producers of their own: how fast jobs leave is estimated from their refusals, and from no earlier ones.
    async with Queue(world.queue.url, world.queue.keys.name, capacity={"normal": capacity}) as queue:
        tills = PoliteLoad(queue, job, polite(TILLS, TILLS / OFFERED * second, pause), on_refused=world.recorder.refuse)
        try:
            await world.until(lambda frame: frame.refused > before)
            tills.asks.clear()
            await asyncio.sleep(seconds * second)
        finally:
            await tills.close()
    await world.until(lambda frame: not frame.depth("normal"))
    asks = list(tills.asks)
    return LiveSale(asks, count(asks, second), since(world.recording(), began))


def _are_ready(frame: WorldFrame) -> bool:
    # The tills fill the queue in an instant. If no worker is up by then, they can't be told when to come back.
    return not any(worker.state == "starting" for worker in frame.workers)


def _rows(report: SaleReport) -> list[Row]:
    tally, wait, idle = report.tally, report.longest_wait_s, report.idle_percent
    return [
        (f"no job waits longer than {LONGEST_S:.1f} s", f"{wait:.2f} s", wait <= LONGEST_S),
        (f"the gate closes at most {MOST_CLOSED} times", f"{tally.closed:,} times", tally.closed <= MOST_CLOSED),
        ("no till asks earlier than it was told", f"{tally.early:,} times", not tally.early),
        (
            f"at most {MOST_AT_ONCE} requests come within a tenth of a second (there are {TILLS} tills)",
            f"{tally.crowd} requests",
            tally.crowd <= MOST_AT_ONCE,
        ),
        (f"the worker has nothing to do for at most {MOST_IDLE:g}% of the time", f"{idle}%", idle <= MOST_IDLE),
    ]


def _troubles(report: SaleReport, low: Any, high: Any) -> Iterator[tuple[str, str]]:
    """What's wrong, the most important first: its name and its words."""
    tally, gap = report.tally, high - low
    if report.longest_wait_s > LONGEST_S:
        yield (
            "waits-too-long",
            f"Your gate lets {high} jobs in, and {DONE} per second are done. So the last one in waited "
            f"{report.longest_wait_s:.2f} s.",
        )
    if tally.closed > MOST_CLOSED and gap * CYCLE_S * MOST_CLOSED < SECONDS:
        apart = "1 job" if gap == 1 else f"{gap} jobs"
        yield (
            "flaps",
            f"Your marks are {apart} apart. So each time a few jobs are done, the gate opens, and the next few close "
            f"it again: {tally.closed:,} times in {SECONDS} s.",
        )
    if tally.early:
        yield (
            "comes-too-early",
            f"Your tills asked {tally.early:,} times before the time that they had been told. So most of them found "
            "the gate as they had left it.",
        )
    if tally.crowd > MOST_AT_ONCE:
        yield (
            "herd",
            f"Tills that were refused at different times came back at the same time: {tally.crowd} requests within a "
            "tenth of a second.",
        )
    if tally.closed > MOST_CLOSED:
        yield (
            "flaps",
            f"Your marks are {gap} jobs apart, and many tills came back at about the same time. So they filled those "
            f"places at once, and the gate closed {tally.closed:,} times in {SECONDS} s.",
        )
    if report.idle_percent > MOST_IDLE:
        yield (
            "runs-dry",
            f"Your gate opens when {low} jobs are left. They were done before enough tills were back, so the worker "
            f"had nothing to do for {report.idle_percent}% of the time.",
        )


def _praise(report: SaleReport) -> str:
    return (
        f"In {SECONDS} s there were {report.tally.asked:,} requests, and {report.tally.accepted:,} jobs were accepted."
    )
