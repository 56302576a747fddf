"""`jobqueue demo`: a killed worker and its recovery, on real files, in a terminal."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from redis.exceptions import ConnectionError, TimeoutError
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from jobqueue.lab.pictures.base.language import GLYPHS
from jobqueue.lab.recording.frame import WorldFrame
from jobqueue.lab.world import World

#: Rich's names of colours that stay apart for the colour-blind, in the order of the pictures' own.
COLOURS = ("dodger_blue1", "green3", "plum2", "orange1", "sky_blue1")
TROUBLE = "dark_orange3"

#: Seconds without an answer from Redis after which the demo is given up.
AWAY_SECONDS = 5.0


async def demo(*, reaper: bool = True) -> int:
    """Run the demo. Returns 0 if every job is done and every result matches one computed directly, else 1."""
    console = Console(highlight=False)
    async with World(lease=4.0) as world:
        with Live(console=console, refresh_per_second=10, get_renderable=lambda: _picture(world)):
            await _while_redis_answers(world, _story(world, lambda text: console.print(text, soft_wrap=True), reaper))
        account = await world.account()
        orphans = await world.orphans()
    console.print()
    if orphans:
        console.print(f"[{TROUBLE}]{orphans} jobs stay pending under a dead worker. No error says so.")
        console.print(f"[{TROUBLE}]Redis gives them to no other worker. That's what a reaper is for.")
    console.print(f"[bold]{account}")
    return 0 if account.ok else 1


async def _while_redis_answers(world: World, story: Coroutine[Any, Any, None]) -> None:
    """Await `story`, but raise redis-py's error once Redis has been away for AWAY_SECONDS: the world would wait on."""
    telling, answered = asyncio.create_task(story), time.monotonic()
    try:
        while not telling.done():
            await asyncio.wait([telling], timeout=1)
            try:
                await world.queue.redis.ping()
                answered = time.monotonic()
            except (ConnectionError, TimeoutError):
                if time.monotonic() - answered > AWAY_SECONDS:
                    raise
        await telling
    finally:
        telling.cancel()
        await asyncio.wait([telling])


async def _story(world: World, say: Callable[[str], None], reaper: bool) -> None:
    count = await world.enqueue_library()
    say(f"[bold]{count} jobs[/] enqueued: SHA-256, bytes and lines of each .py file in the standard library")
    world.hire(3, reap=reaper)
    pids = ", ".join(f"{member.name} {member.pid}" for member in world.fleet.members.values())
    say(f"[bold]3 workers[/] hired, a process each: {pids}" + ("" if reaper else f" [{TROUBLE}](no reaper)"))
    await world.until_done(0.25)

    victim = world.kill()
    stranded = await world.orphans()
    say(f"[bold {TROUBLE}]kill -9 {victim.name}[/]: {stranded} jobs are orphans now. Redis doesn't know that, so")
    say(f"  they stay pending until no heartbeat has come for a whole lease ({world.lease:g} s)")
    if reaper:
        await world.until(lambda frame: not any(row.orphan for row in frame.ledger))
        say("[bold green3]reaped[/]: each orphan got a new entry and another attempt, and will get another worker")
        await world.until_done()
    else:
        await world.until(lambda frame: not sum(frame.waiting.values()))
        await world.until(lambda frame: all(row.idle > 2 * frame.lease for row in frame.ledger))
        say(f"[{TROUBLE}]two leases have passed, and no worker has come for them")


def _picture(world: World) -> Table:
    picture = Table.grid()
    if not world.recorder.frames:
        return picture
    frame = world.recorder.frames[-1]
    picture.add_row("")
    picture.add_row(ProgressBar(max(1, frame.accepted), frame.done, width=76))
    picture.add_row(" · ".join(f"{place} {n}" for place, n in frame.places.items()))
    picture.add_row(_workers(frame))
    picture.add_row(_orphans(frame))
    return picture


def _workers(frame: WorldFrame) -> Table:
    table = Table.grid(padding=(0, 3))
    for worker in frame.workers:
        colour = TROUBLE if worker.state == "dead" else COLOURS[worker.colour % len(COLOURS)]
        name = Text(f"{GLYPHS[worker.shape % len(GLYPHS)]} {worker.name}", colour)
        table.add_row(name, worker.state, f"{worker.running:2} pending", f"{worker.done:4} done")
    return table


def _orphans(frame: WorldFrame) -> Text:
    orphans = [row for row in frame.ledger if row.orphan]
    if not orphans:
        return Text("no orphans", "dim")
    idle = max(row.idle for row in orphans)
    full = min(20, round(20 * idle / frame.lease))
    clock = "█" * full + "░" * (20 - full)
    return Text(f"{len(orphans)} orphans, silent for {idle:.1f} s of a lease of {frame.lease:g} s {clock}", TROUBLE)
