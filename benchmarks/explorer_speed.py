"""How many schedules per second the explorer runs, before and after order reduction, and next to frontrun.

    pip install -e '.[bench]'                   # once; frontrun too
    python benchmarks/explorer_speed.py         # about a minute

Everything is measured in one run, on one server. The columns:

    runs          schedules that were run, from their start
    stories       schedules that differ in more than the order of steps that commute. Each search covers them all
    per second    both, by real time. On a busy machine, compare the processor time of this process instead
    of raw        runs, as a share of the commands that the same server answers one by one

frontrun (PyPI) explores unmodified Python, on any Redis client, and reduces orders too. It knows no crashes, no lost
replies and no time of a server, so only scenarios without faults can be compared. It gets connected clients, all orders
(no bound on preemptions), and PATIENCE seconds: where it needs longer, its row says "not all".
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from needs import need

need("cloudpickle", "frontrun")

import frontrun
import redis
import redis.asyncio
from rich.console import Console
from rich.table import Table

from jobqueue.explorer import Faults, Scenario
from jobqueue.explorer.in_process import explore_here
from jobqueue.explorer.invariants import healthy, nothing_lost
from jobqueue.explorer.redis_seam.content import View
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.explorer.redis_seam.wire import pack
from jobqueue.explorer.scenario import Body
from jobqueue.sandbox import Sandbox

ROUNDS = 3  # the best of
PATIENCE = 30.0

#: How to search: each schedule by itself, each state once, and of steps that commute one order only.
SEARCHES = {
    "each schedule by itself": {"recognise": False, "reduce": False},
    "equal states once": {"recognise": True, "reduce": False},
    "and one order of steps that commute": {"recognise": True, "reduce": True},
}


async def setup_reaper(redis, world):
    await redis.xgroup_create("jobs", "workers", "0", mkstream=True)
    await redis.xadd("jobs", {"id": "1"})
    await redis.xreadgroup("workers", "gone", {"jobs": ">"}, count=1)
    await asyncio.sleep(40)
    await redis.xadd("jobs", {"id": "2"})


async def reap(redis, world):
    for row in await redis.xpending_range("jobs", "workers", "-", "+", 10, idle=30_000):
        entry_id = row["message_id"]
        for _, fields in await redis.xrange("jobs", entry_id, entry_id):
            await redis.xadd("jobs", fields)
            await redis.pipeline().xack("jobs", "workers", entry_id).xdel("jobs", entry_id).execute()


async def work(redis, world):
    for _, entries in await redis.xreadgroup("workers", "worker", {"jobs": ">"}, count=1):
        for entry_id, fields in entries:
            world.record("ran", fields["id"])
            await redis.xack("jobs", "workers", entry_id)
            await redis.xdel("jobs", entry_id)


async def count_up(redis, world):
    """Two of these can lose an update."""
    await redis.set("count", int(await redis.get("count") or 0) + 1)


def write_own(key: str):
    """A program that writes keys of its own, so its steps commute with those of any other."""

    async def write(redis, world):
        for number in range(3):
            await redis.set(key, number)

    return write


#: Programs that frontrun can express as well, because they need no faults and no time.
SHARED = {
    "two programs, one counter": (count_up, count_up),
    "three programs, one counter": (count_up, count_up, count_up),
    "two programs, keys of their own": (write_own("a"), write_own("b")),
    "two programs, the same key": (write_own("a"), write_own("a")),
}


class Row(NamedTuple):
    """One search: how many runs and stories, how long it took, and what of that the processor worked."""

    runs: int
    stories: int | None
    seconds: float
    processor: float
    wrong: bool
    complete: bool = True


def counted(programs: Sequence[Body]) -> int | None:
    """What the counter shows in the end if no update is lost."""
    return len(programs) if count_up in programs else None


def ours(scenario: Scenario, server: SteppedServer, **how: bool) -> Row:
    def one() -> Row:
        began = time.process_time()
        report = explore_here(scenario, server, **how)
        spent = time.process_time() - began
        return Row(report.runs, report.stories, report.seconds, spent, not report.ok)

    return min((one() for _ in range(ROUNDS)), key=lambda row: row.processor)


async def theirs(programs: Sequence[Body], url: str) -> Row:
    """frontrun on the same programs. Their clients are connected before, so that no handshake is a step."""
    clients = [redis.asyncio.Redis.from_url(url, single_connection_client=True) for _ in programs]
    plain, right = redis.Redis.from_url(url), counted(programs)
    for client in clients:
        await client.ping()
    workers = [partial(run_program, program, client) for program, client in zip(programs, clients, strict=True)]
    spent, began = time.process_time(), time.perf_counter()
    result = await frontrun.explore(
        plain.flushall,
        workers,
        lambda _: right is None or int(plain.get("count")) == right,
        preemption_bound=None,
        stop_on_first=False,
        reproduce_on_failure=0,
        total_timeout=PATIENCE,
    )
    took, spent = time.perf_counter() - began, time.process_time() - spent
    for client in clients:
        await client.aclose()
    return Row(result.num_explored, None, took, spent, bool(result.failures), took < PATIENCE)


async def run_program(program: Body, client: Any, _state: Any) -> None:
    await program(client, None)


def commands_per_second(server: SteppedServer, count: int = 5_000) -> float:
    get, began = pack([(b"GET", b"key")]), time.perf_counter()
    for _ in range(count):
        server.wire.exchange(get, 1)
    return count / (time.perf_counter() - began)


def scenarios() -> Iterator[tuple[str, Scenario, Sequence[Body]]]:
    """By name: what the explorer runs, and the programs that frontrun can run too."""
    for name, programs in SHARED.items():
        right = counted(programs)

        def no_update_is_lost(end: View, right: int | None = right) -> None:
            assert right is None or end.content.keys["count"] == str(right)

        named = {f"p{number}": program for number, program in enumerate(programs)}
        yield name, Scenario(named, invariants=[no_update_is_lost]), programs
    programs = {"reaper": reap, "worker": work}
    faults = Faults(crash=1, lose_reply=1, total=2)
    reaper = Scenario(programs, setup_reaper, healthy("jobs", "workers"), [nothing_lost], faults=faults)
    yield "a reaper and a worker, two faults", reaper, ()


def main() -> None:
    sandbox = Sandbox()
    sandbox.external = None  # never the user's own server, because it's emptied
    url = sandbox.start()
    server = SteppedServer(url)
    raw = max(commands_per_second(server) for _ in range(ROUNDS))
    table = Table("", "runs", "stories", "runs/s", "stories/s", "of raw", "ms of processor per run", "wrong?")
    for name, scenario, programs in scenarios():
        table.add_section()
        table.add_row(f"[b]{name}")
        rows = {words: ours(scenario, server, **how) for words, how in SEARCHES.items()}
        stories = next(
            (row.stories for row in rows.values() if row.stories is not None), None
        )  # all cover the same ones
        for words, row in rows.items():
            add(table, words, row._replace(stories=stories), raw)
        if programs:
            add(table, "frontrun", asyncio.run(theirs(programs, url))._replace(stories=stories), raw)
    server.close()
    sandbox.stop()
    Console(width=140).print(table)
    print(f"raw: {raw:,.0f} commands per second, one round trip each")


def add(table: Table, words: str, row: Row, raw: float) -> None:
    runs = f"{row.runs:,}" + ("" if row.complete else ", not all")
    stories = "-" if row.stories is None else f"{row.stories:,}"
    per_second = "-" if row.stories is None else f"{row.stories / row.seconds:,.0f}"
    speed, cost = row.runs / row.seconds, 1000 * row.processor / row.runs
    wrong = "yes" if row.wrong else "no"
    table.add_row(words, runs, stories, f"{speed:,.0f}", per_second, f"{speed / raw:.3f}", f"{cost:.2f}", wrong)


if __name__ == "__main__":
    main()
