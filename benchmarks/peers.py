"""This kit beside other queues: enqueue, drain and pick-up, alternated on one server in one run.

    pip install -e '.[bench]'                   # once
    python benchmarks/peers.py                  # about 20 minutes; prints a table
    python benchmarks/peers.py --rounds 1 arq   # a look, at those whose name begins so (and at the kit)

Each queue runs in its own environment, by the adapter with which it is interrogated too, with what its documentation
has to make it fast: results off, prefetch, pools, more at once. A worker is what one command of the queue starts, and
may be several processes. All do the same: an empty job, which adds a byte to a file. A round measures each once.

On a machine that does other things as well, rates differ from minute to minute, and only their ratios within a round
say something. What differs less is the cost: the processor time a job takes, of the worker and of Redis together.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import time

from needs import need

need("psutil")

import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from figures import Figure, spread
from jobqueue.lab.interrogate import Peer, find
from jobqueue.lab.interrogate.answer import list_settings
from jobqueue.lab.interrogate.guard import living
from jobqueue.lab.interrogate.pack import Pack
from jobqueue.lab.interrogate.stage import START, Stage
from jobqueue.sandbox import Sandbox

#: Seconds that a drain should take at least: from a first one it is known how many jobs that are.
DRAIN_SECONDS, FIRST_JOBS, MOST_JOBS = 3.0, 300, 120_000

#: From this share of the jobs on the clock runs: before, the worker's processes come up one by one.
SHARE_BEFORE = 0.1

PINGS, PING_PAUSE = 120, 0.02

AFTER, BEFORE = "after", "before"


class Contestant(msgspec.Struct):
    """A queue with its settings, and when it acknowledges a job: AFTER the work, or BEFORE it."""

    name: str
    peer: str
    at_once: int
    acknowledges: str
    settings: dict = {}
    #: What pip is to install beside it, because its documentation says that it makes it faster.
    beside: list[str] = []
    enqueue: list[float] = []
    drain: list[float] = []
    cost: list[float] = []
    pick_up: list[float] = []
    jobs: int = FIRST_JOBS


AGING = {"policy": "aging:5"}
MANY = {"task_ignore_result": True, "worker_prefetch_multiplier": 128}
TWO = {"--workers": 2, "--no-parse": True}
LIST = {"class": "ListQueueBroker"}
FETCH, DRAMATIQ_FETCH = {"xread_count": 1000}, {"dramatiq_queue_prefetch": 1000}
UVLOOP = ["uvloop==0.22.1"]  # as pip install taskiq[uv]: its worker then runs on it

CONTESTANTS = [
    Contestant("this kit", "jobqueue", 16, AFTER, {"queue": AGING}),
    Contestant("this kit, 100 at once", "jobqueue", 100, AFTER, {"queue": AGING}),
    Contestant("this kit, 2 processes", "jobqueue", 100, AFTER, {"queue": AGING, "worker": {"--processes": 2}}),
    Contestant("arq", "arq", 10, AFTER),
    Contestant("arq, tuned", "arq", 100, AFTER, {"worker": {"poll_delay": 0.01, "keep_result": 0}}),
    Contestant("celery", "celery", 2, BEFORE),
    Contestant("celery, acks late", "celery", 2, AFTER, {"worker": MANY | {"task_acks_late": True}}),
    Contestant("celery, solo", "celery", 1, BEFORE, {"worker": MANY | {"--pool": "solo"}}),
    Contestant("dramatiq", "dramatiq", 8, AFTER),
    Contestant("dramatiq, prefetch", "dramatiq", 8, AFTER, {"worker": DRAMATIQ_FETCH}),
    Contestant("dramatiq, 2 processes", "dramatiq", 4, AFTER, {"worker": {"--processes": 2}}),
    Contestant("dramatiq, both", "dramatiq", 8, AFTER, {"worker": {"--processes": 2} | DRAMATIQ_FETCH}),
    Contestant("huey", "huey", 1, BEFORE),
    Contestant("huey, tuned", "huey", 4, BEFORE, {"queue": {"results": False}}),
    Contestant(
        "huey, 2 processes", "huey", 2, BEFORE, {"queue": {"results": False}, "worker": {"worker_type": "process"}}
    ),
    Contestant("rq", "rq", 1, AFTER),
    Contestant("rq, tuned", "rq", 1, AFTER, {"worker": {"class": "SimpleWorker"}, "job": {"result_ttl": 0}}),
    Contestant("saq", "saq", 10, AFTER),
    Contestant("saq, tuned", "saq", 100, AFTER, {"job": {"ttl": -1}}),
    Contestant("saq, tuned, 2 processes", "saq", 100, AFTER, {"job": {"ttl": -1}, "worker": {"--workers": 2}}),
    Contestant("streaq", "streaq", 16, AFTER),
    Contestant("streaq, tuned", "streaq", 100, AFTER, {"job": {"ttl": 0, "silent": True}}),
    Contestant("taskiq, stream", "taskiq", 100, AFTER),
    Contestant("taskiq, stream, 2 processes", "taskiq", 100, AFTER, {"worker": TWO}),
    Contestant("taskiq, stream, prefetch", "taskiq", 1000, AFTER, {"worker": TWO, "queue": FETCH}),
    Contestant("taskiq, stream, uvloop", "taskiq", 1000, AFTER, {"worker": TWO, "queue": FETCH}, beside=UVLOOP),
    Contestant("taskiq, list", "taskiq", 100, BEFORE, {"worker": TWO, "queue": LIST}),
    Contestant("taskiq, list, uvloop", "taskiq", 100, BEFORE, {"worker": TWO, "queue": LIST}, beside=UVLOOP),
]


def peer(one: Contestant) -> Peer:
    """It, and what is beside it: an environment of their own."""
    found = find(one.peer)
    found.requires = [*found.requires, *one.beside]
    return found


async def measure(one: Contestant, sandbox: Sandbox) -> None:
    """One round: enqueue so many jobs and drain them; then ping an idle worker."""
    async with Stage(peer(one), one.settings, one.at_once, sandbox=sandbox) as stage:
        answer = await stage.enqueue([(f"{n:x}", "noop") for n in range(one.jobs)], patience=600)
        if answer["refused"]:
            raise SystemExit(f"{one.name} refused: {next(iter(answer['refused'].values()))}")
        rate, cost = await drain(stage, one)
        if one.jobs == FIRST_JOBS:  # only to know how many it takes
            one.jobs = min(MOST_JOBS, max(FIRST_JOBS + 1, int(rate * DRAIN_SECONDS)))
            return
        one.enqueue.append(one.jobs / answer["seconds"])
        one.drain.append(rate)
        one.cost.append(cost)
        one.pick_up += await ping(stage)


async def drain(stage: Stage, one: Contestant) -> tuple[float, float]:
    """Jobs a second of one worker, and processor seconds a job, from its first jobs on until the last has run."""
    first = int(one.jobs * SHARE_BEFORE)
    worker = stage.hire()
    if not await stage.until(lambda: stage.tally() >= first, START + one.jobs / 100):
        raise SystemExit(f"{one.name} does not begin: {stage.last_words()}")
    ran, began, used = min(stage.tally(), one.jobs - 1), time.perf_counter(), processor(stage, worker)
    if not await stage.until(lambda: stage.tally() >= one.jobs, 120):
        raise SystemExit(f"{one.name} ran {stage.tally()} of {one.jobs}: {stage.last_words()}")
    rate = (one.jobs - ran) / (time.perf_counter() - began)
    cost = (processor(stage, worker) - used) / (one.jobs - ran)
    assert stage.tally() == one.jobs, f"{one.name} ran {stage.tally()} of {one.jobs}"
    return rate, cost


def processor(stage: Stage, worker: Pack) -> float:
    """Processor seconds used so far by all processes of the worker, those that have ended too, and by Redis."""
    below = {child.pid for child in psutil.Process(worker.pid).children(recursive=True)}  # in any session
    pids = {*living(worker.pid), *below, stage.sandbox.process.pid}
    used = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended: its parent knows how much it used
            used += sum(psutil.Process(pid).cpu_times()[:4])
    return used


async def ping(stage: Stage) -> list[float]:
    """Seconds from before each enqueue until an idle worker's job has begun."""
    names = [f"ping-{n}" for n in range(PINGS)]
    sent = (await stage.enqueue([(name,) for name in names], pause=PING_PAUSE))["sent"]
    await stage.until(lambda: set(names) <= stage.ran(), 30)
    started = {effect.id: effect.at for effect in reversed(stage.effects()) if effect.event == "start"}
    return [started[name] - at for name, at in zip(names, sent, strict=True)][20:]


def show(contestants: list[Contestant], rounds: int) -> None:
    """The table, and the two ratios that are to be reached."""
    title = f"an empty job, medians of {rounds} alternated rounds (lowest – highest)"
    table = Table("", "at once", "acks", "enqueues/s", "drains/s", "cost a job", "pick-up p50, p99", title=title)
    for one in contestants:
        p50, p99 = (statistics.quantiles(one.pick_up, n=100)[at - 1] * 1000 for at in (50, 99))
        drains = f"{statistics.median(one.drain):,.0f} ({min(one.drain):,.0f} – {max(one.drain):,.0f})"
        enqueues = f"{statistics.median(one.enqueue):,.0f}"
        row = (one.name, str(one.at_once), one.acknowledges, enqueues, drains)
        table.add_row(*row, f"{statistics.median(one.cost) * 1e6:,.0f} µs", f"{p50:.1f}, {p99:.1f} ms")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)  # in a file, nothing is wrapped
    console.print(table)
    for one in contestants:
        if one.settings:
            console.print(f"{one.name}: {', '.join([list_settings(one.settings), *one.beside])}")
    compare(contestants, console)


def compare(contestants: list[Contestant], console: Console) -> None:
    """The ratios that are to be reached, a round each: to the fastest that acknowledges after the work, and to any."""
    others = [one for one in contestants if one.peer != "jobqueue"]
    for goal, rivals in ((8, [one for one in others if one.acknowledges == AFTER]), (6, others)):
        for one in contestants:
            if rivals and one.peer == "jobqueue":
                best = fastest(rivals)
                faster, cheaper = ratios(one, best)
                words = f"{one.name} drains {faster.value:.1f} × ({faster.low:.1f} – {faster.high:.1f}) as fast"
                cost = f"a job costs 1/{cheaper.value:.1f} as much"
                console.print(f"{words} as {best.name}, to reach: ≥ {goal}; {cost}")


def fastest(contestants: list[Contestant]) -> Contestant:
    return max(contestants, key=lambda one: statistics.median(one.drain))


def ratios(mine: Contestant, theirs: Contestant) -> tuple[Figure, Figure]:
    """How many times as fast, and as cheap, round by round."""
    return (
        spread(a / b for a, b in zip(mine.drain, theirs.drain, strict=True)),
        spread(b / a for a, b in zip(mine.cost, theirs.cost, strict=True)),
    )


def figures(contestants: list[Contestant]) -> dict[str, Figure]:
    """What the README says: jobs per second of each queue at its best, and the kit compared with the fastest peer."""
    ours = [one for one in contestants if one.peer == "jobqueue"]
    found = {one.name: spread(one.drain) for one in ours}
    others = [one for one in contestants if one.peer != "jobqueue"]
    for peer in {one.peer for one in others}:
        found[peer] = spread(fastest([one for one in others if one.peer == peer]).drain)
    faster, cheaper = ratios(fastest(ours), fastest(others))
    return found | {"fastest peer": faster, "cost of a job": cheaper}


async def run(rounds: int, only: list[str]) -> list[Contestant]:
    chosen = [one for one in CONTESTANTS if one.peer == "jobqueue" or not only or one.name.startswith(tuple(only))]
    for one in chosen:
        peer(one).set_up()
    sandbox = Sandbox(maxmemory="4gb")
    try:
        for number in range(rounds + 1):  # the first one only sizes the others
            for one in chosen:
                await measure(one, sandbox)
                if number:
                    print(f"  round {number}: {one.name} drains {one.drain[-1]:,.0f}/s", flush=True)
    finally:
        sandbox.stop()
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", help="names, or how they begin")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="every figure")
    arguments = parser.parse_args()
    measured = asyncio.run(run(arguments.rounds, arguments.only))
    if arguments.json:
        print(json.dumps(msgspec.to_builtins(measured)))
    else:
        show(measured, arguments.rounds)


if __name__ == "__main__":
    main()
