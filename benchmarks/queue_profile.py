"""Where the time and memory of a job go: processor time of the client by part, and of the server by command.

    python benchmarks/queue_profile.py      # a minute; prints the page, and writes benchmarks/queue_profile.md

The totals come from a plain run: the processor time of this process, and of the server by its INFO. The parts come from
a second run, in which each function concerned is timed by the clock of its thread. That costs time itself, so parts are
a little too large. Judge by comparing: the figures depend on the machine, and on what else it does.
"""

import asyncio
import contextlib
import itertools
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import redis

from jobqueue import NewJob, Queue, Worker, aging
from jobqueue import fetcher as fetcher_module
from jobqueue.keys import TIERS, Keys
from jobqueue.runner import Runner
from jobqueue.sandbox import Sandbox
from jobqueue.scripts import SCRIPTS
from jobqueue.server.line import Line
from jobqueue.server.loader import Script

PAYLOAD = {"image": 7, "size": [640, 480]}
JOBS = 4_000

#: Times JOBS: so many jobs wait when their memory is measured.
MANY = 25

#: The ticket that a script adds, and what else `enqueue` has to write.
ADD = (
    "local entry = redis.call('XADD', 's', '*', 'id', ARGV[1], 'body', ARGV[2], "
    "'attempt', 1, 'max_attempts', 3, 'reaped', 0, 'released', 0, 'lost', 0)"
)
NOTE = "redis.call('HSET', 'job:' .. ARGV[1], 'state', 'queued', 'tier', 'normal', 'entry', entry)"
LEAST = {
    "a script that does nothing": "return 1",
    "a script with an XADD of a ticket": ADD,
    "and with the HSET of the job's hash": f"{ADD} {NOTE}",
    "and with the HINCRBY of a total": f"{ADD} {NOTE} redis.call('HINCRBY', 'totals', 'accepted', 1)",
}

#: Where each timed function is found, and what it does.
PARTS = {
    (NewJob, "ticket"): "check a job and encode it",
    (Script, "bind"): "make keys and arguments",
    (Line, "data_received"): "parse replies",
    (fetcher_module, "decode_ticket"): "decode a ticket",
    (Runner, "start"): "hold and start jobs (from Python 3.12 on: and run them, until they wait)",
    (Runner, "_drop"): "let go of a settled job",
}
ORIGINALS = {place: getattr(*place) for place in PARTS}  # here, so that a test notices if one has another name now


@contextlib.contextmanager
def timed(spent: Counter[str]) -> Iterator[None]:
    """Time the parts within this block: `spent` gets the seconds of each."""

    def wrap(function: Callable, words: str) -> Callable:
        def call(*args, **options):
            began = time.thread_time()
            try:
                return function(*args, **options)
            finally:
                spent[words] += time.thread_time() - began

        return call

    for (owner, name), words in PARTS.items():
        setattr(owner, name, wrap(ORIGINALS[owner, name], words))
    try:
        yield
    finally:
        for (owner, name), original in ORIGINALS.items():
            setattr(owner, name, original)


async def noop(job):
    return None


async def fill(queue: Queue) -> None:
    for _ in range(JOBS // 100):
        await queue.enqueue_many([NewJob("noop", PAYLOAD)] * 100)


async def one_by_one(queue: Queue) -> None:
    for _ in range(JOBS):
        await queue.enqueue("noop", PAYLOAD)


def draining(concurrency: int) -> Callable[[Queue], Awaitable[None]]:
    async def drain(queue: Queue) -> None:
        worker = Worker(queue, {"noop": noop}, concurrency=concurrency, policy=aging(seconds=5))
        await worker.run_until_idle()

    return drain


def used(admin: redis.Redis) -> float:
    """The seconds of processor time that the server has used."""
    cpu = admin.info("cpu")
    return cpu["used_cpu_user"] + cpu["used_cpu_sys"]


async def measure(url: str, title: str, act: Callable[[Queue], Awaitable[None]], filled: bool) -> list[str]:
    """The lines of the page about `act`."""
    admin = redis.Redis.from_url(url)
    async with Queue(url, capacity=dict.fromkeys(TIERS, 10**9)) as queue:

        async def run() -> tuple[float, float]:
            admin.execute_command("FLUSHALL", "SYNC")  # or Valkey frees the memory while we measure
            await queue.open()
            if filled:
                await fill(queue)
            spent.clear()
            admin.config_resetstat()
            began_there, began = used(admin), time.process_time()
            await act(queue)
            return (time.process_time() - began) / JOBS * 1e6, (used(admin) - began_there) / JOBS * 1e6

        spent: Counter[str] = Counter()
        client, there = await run()
        stats = admin.info("commandstats")
        with timed(spent):
            await run()
    admin.close()
    lines = [f"## {title}", "", f"Client {client:.1f} µs, server {there:.1f} µs per job.", ""]
    lines += ["| client, by part | µs per job |", "| --- | ---: |"]
    lines += [f"| {words} | {seconds / JOBS * 1e6:.1f} |" for words, seconds in spent.most_common()]
    lines += ["", "| server, by command | calls per job | µs per job |", "| --- | ---: | ---: |"]
    for name, row in sorted(stats.items(), key=lambda item: -item[1]["usec"]):
        if row["usec"] / JOBS >= 0.05 and name != "cmdstat_info":
            lines.append(f"| {name[8:]} | {row['calls'] / JOBS:.3f} | {row['usec'] / JOBS:.1f} |")
    return [*lines, ""]


def compare_scripts(url: str) -> list[str]:
    """The lines of the page about the least that a script costs, called one by one, alternated."""
    admin = redis.Redis.from_url(url)
    admin.execute_command("FLUSHALL", "SYNC")
    ticket = NewJob("noop", PAYLOAD).ticket(10_000) | {"low": 0, "high": 0}
    queue, numbers, body = Keys("jobs"), itertools.count(), ticket["body"]

    def ours() -> list:
        named = {"prefix": queue.prefix, "job_prefix": queue.job_prefix}
        keys, args = SCRIPTS["enqueue"].bind(queue.form, named, [ticket | {"id": f"{next(numbers):020}"}])
        return ["EVALSHA", whole, len(keys), *keys, *args]

    def theirs(sha: str) -> Callable[[], list]:
        return lambda: ["EVALSHA", sha, 0, f"{next(numbers):020}", body]

    whole = admin.script_load(SCRIPTS["enqueue"].text)
    calls: dict[str, Callable[[], list]] = {
        "XADD of two fields": lambda: ["XADD", "raw", "*", "id", "0" * 20, "body", body]
    }
    calls |= {words: theirs(admin.script_load(text)) for words, text in LEAST.items()} | {"`enqueue.lua`": ours}
    spent: dict[str, list[float]] = {words: [] for words in calls}
    for _ in range(9):
        for words, make in calls.items():
            commands = [make() for _ in range(1_000)]
            began = used(admin)
            for command in commands:
                admin.execute_command(*command)
            spent[words].append((used(admin) - began) * 1e3)
    admin.close()
    lines = ["## the least that a script costs", ""]
    lines += ["Server, one call at a time, with all that the call takes there.", "", "| call | µs |", "| --- | ---: |"]
    return [*lines, *(f"| {words} | {statistics.median(each):.0f} |" for words, each in spent.items()), ""]


async def weigh(url: str) -> list[str]:
    """The lines of the page about the memory of jobs that wait."""
    admin = redis.Redis.from_url(url)
    async with Queue(url, capacity=dict.fromkeys(TIERS, 10**9)) as queue:
        await fill(queue)  # the scripts, too, take memory
        admin.execute_command("FLUSHALL", "SYNC")
        admin.config_set("lazyfree-lazy-user-del", "no")  # or the memory is freed some time after the reply
        await queue.open()
        used = [admin.info("memory")["used_memory"]]
        for _ in range(MANY):
            await fill(queue)
        used.append(admin.info("memory")["used_memory"])
        admin.delete(queue.keys.stream("normal"))
        used.append(admin.info("memory")["used_memory"])
    admin.close()
    whole, stream, rest = ((used[more] - used[less]) / (JOBS * MANY) for more, less in ((1, 0), (1, 2), (2, 0)))
    lines = ["## memory, while it waits", "", f"{whole:.0f} bytes per job, of {JOBS * MANY:,} jobs.", ""]
    lines += ["| part | bytes per job |", "| --- | ---: |", f"| its entry in the stream of its tier | {stream:.0f} |"]
    return [*lines, f"| its hash, its key, and its place in the table of keys | {rest:.0f} |", ""]


async def main() -> None:
    page = ["# Where the time and memory of a job go", "", "`python benchmarks/queue_profile.py` wrote this page.", ""]
    page += ["EVALSHA contains what its script calls. The server's own time also has reading and writing sockets.", ""]
    runs = [("enqueue, one by one", one_by_one, False), ("enqueue_many, by 100", fill, False)]
    runs += [(f"drain, {most} at once", draining(most), True) for most in (16, 100)]
    async with Sandbox(maxmemory="4gb") as url:
        for title, act, filled in runs:
            page += await measure(url, title, act, filled)
        page += compare_scripts(url)
        page += await weigh(url)
    kept = Path(__file__).with_suffix(".md")
    notes = kept.read_text(encoding="utf-8").partition("## What we tried")[2] if kept.exists() else ""
    text = "\n".join(page) + "\n## What we tried" + notes
    kept.write_text(text.rstrip() + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    asyncio.run(main())
