"""How fast the queue is, as ratios to raw redis-py loops on the same server in the same run.

    pip install -e '.[bench]'                   # once
    python benchmarks/queue_speed.py            # about 5 minutes; prints a table, writes benchmarks/queue_speed.png
    python benchmarks/queue_speed.py --quick    # a look, in half a minute

Each ratio is the median of alternated pairs (ours, raw, ours, raw, …), with its range: the same loop twice can differ
by a quarter, so a single pair says little. The raw loops do the least that a queue with a status could: no admission,
no check of an id, no retry, no lease, no heartbeat, no reaper, no priorities.
"""

import argparse
import asyncio
import contextlib
import json
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from needs import need

need("matplotlib")

import msgspec
import redis.asyncio
from rich.console import Console
from rich.table import Table

from jobqueue import NewJob, Queue, Worker, aging
from jobqueue.keys import GROUP, TIERS
from jobqueue.sandbox import Sandbox
from jobqueue.server.leash import Leashed

PAYLOAD = {"image": 7, "size": [640, 480]}
RAW_FIELDS = {"id": "0" * 24, "body": json.dumps({"task": "noop", "payload": PAYLOAD, "enqueued_at": time.time()})}
RAW_FINISH = """
for i = 2, #ARGV, 2 do
  redis.call('HSET', 'raw:job:' .. ARGV[i + 1], 'state', 'done')
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  redis.call('XDEL', KEYS[1], ARGV[i])
end"""


Measure = Callable[[], Awaitable[float]]


class Result(msgspec.Struct):
    """One line of the table."""

    name: str
    value: float
    low: float
    high: float
    goal: str
    detail: str


def plain(url: str) -> redis.asyncio.Redis:
    """redis-py as it comes, with the timeout off that would cut a blocked read, and with its parser in C."""
    return redis.asyncio.Redis.from_url(url, socket_timeout=None)


class Bench:
    """What all measurements share: a server, a queue on it, a raw client beside it, and how long to measure."""

    def __init__(self, url: str, queue: Queue, seconds: float, pairs: int):
        self.url, self.queue, self.seconds, self.pairs = url, queue, seconds, pairs
        self.raw = plain(url)
        self.results: list[Result] = []

    async def empty(self) -> None:
        await self.raw.flushall()
        await self.queue.open()
        await self.raw.xgroup_create("raw", GROUP, id="0", mkstream=True)

    async def ratio(self, name: str, goal: str, ours: Measure, raw: Measure) -> None:
        """Alternate the two, keep the ratios ours / raw."""
        figures = []
        for _ in range(self.pairs):
            await self.empty()
            mine = await ours()
            await self.empty()
            figures.append((mine, await raw()))
        ratios = [mine / other for mine, other in figures]
        mine, other = (statistics.median(column) for column in zip(*figures, strict=True))
        detail = f"{mine:,.0f} beside {other:,.0f} a second"
        self.add(name, statistics.median(ratios), min(ratios), max(ratios), goal, detail)

    def add(self, name: str, value: float, low: float, high: float, goal: str, detail: str) -> None:
        self.results.append(Result(name, value, low, high, goal, detail))
        print(f"  {name}: {value:.2f} ({low:.2f} to {high:.2f}) {detail}", flush=True)

    async def rate(self, do: Callable[[], Awaitable[int]]) -> float:
        """Things done a second: `do` does some and says how many."""
        began, done = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < self.seconds:
            done += await do()
        return done / passed

    # ---- enqueue

    async def enqueue_one(self) -> float:
        async def one() -> int:
            await self.queue.enqueue("noop", PAYLOAD)
            return 1

        return await self.rate(one)

    async def xadd_one(self) -> float:
        async def one() -> int:
            await self.raw.xadd("raw", RAW_FIELDS)
            return 1

        return await self.rate(one)

    async def enqueue_many(self) -> float:
        jobs = [NewJob("noop", PAYLOAD)] * 100

        async def hundred() -> int:
            return len(await self.queue.enqueue_many(jobs))

        return await self.rate(hundred)

    async def xadd_pipeline(self) -> float:
        async def hundred() -> int:
            async with self.raw.pipeline(transaction=False) as pipe:
                for _ in range(100):
                    pipe.xadd("raw", RAW_FIELDS)
                return len(await pipe.execute())

        return await self.rate(hundred)

    # ---- drain

    async def fill(self, count: int, queue: Queue | None = None) -> None:
        jobs = [NewJob("noop", PAYLOAD)] * 1000
        for _ in range(count // 1000):
            await (queue or self.queue).enqueue_many(jobs)

    async def drain(self, concurrency: int) -> float:
        async def noop(job):
            return None

        count = int(self.seconds * 30_000)
        await self.fill(count)
        worker = Worker(self.queue, {"noop": noop}, concurrency=concurrency, policy=aging(seconds=5))
        began = time.perf_counter()
        await worker.run_until_idle()
        return count / (time.perf_counter() - began)

    async def drain_raw(self, concurrency: int) -> float:
        async def noop(body):
            return None

        for _ in range(int(self.seconds * 300)):
            async with self.raw.pipeline(transaction=False) as pipe:
                for _ in range(100):
                    pipe.xadd("raw", RAW_FIELDS | {"id": secrets.token_hex(12)})
                await pipe.execute()
        finish = self.raw.register_script(RAW_FINISH)
        began, done = time.perf_counter(), 0
        while found := await self.raw.xreadgroup(GROUP, "me", {"raw": ">"}, count=concurrency):
            entries = found[0][1]
            args = [GROUP]
            for entry, fields in entries:
                await noop(json.loads(fields[b"body"]))
                args += (entry, fields[b"id"])
            await finish(keys=["raw"], args=args)
            done += len(entries)
        return done / (time.perf_counter() - began)

    # ---- an idle worker

    async def pick_up(self) -> None:
        """Seconds until the handler of an idle worker runs, a process of its own: from before a bare XADD of a ticket,
        and from before an enqueue, which takes longer itself. Beside a reader in a blocked XREADGROUP, a process too.
        (CLOCK_MONOTONIC is one for all processes.)"""
        await self.empty()
        tickets = self.queue.keys.stream("normal")
        body = NewJob("noop", PAYLOAD).ticket(10**6)["body"]
        ticket = {"id": "x", "attempt": 1, "max_attempts": 3, "reaped": 0, "released": 0, "body": body}
        senders = {
            "reader": ("reader", lambda: self.raw.xadd("raw", RAW_FIELDS)),
            "pick-up by an idle worker": ("worker", lambda: self.raw.xadd(tickets, ticket)),
            "enqueue and pick-up": ("worker", lambda: self.queue.enqueue("noop", PAYLOAD)),
        }
        took: dict[str, list[float]] = {name: [] for name in senders}
        children = [Leashed([sys.executable, __file__, "--child", kind, self.url]) for kind in ("reader", "worker")]
        for number in range(int(200 * self.seconds) + 20):
            for name, (child, send) in senders.items():
                await asyncio.sleep(0.005)  # time to block again
                began = time.monotonic()
                await send()
                _, ended = await self.raw.blpop([f"seen:{child}"], timeout=20)
                if number >= 20:  # the first ones start the children
                    took[name].append(float(ended) - began)
        for child in children:
            child.kill()
            child.wait()
        raw = took.pop("reader")
        for name, found in took.items():
            for at, goal in ((50, "≤ 1.3"), (99, "≤ 2")):
                mine, other = (statistics.quantiles(all_, n=100)[at - 1] for all_ in (found, raw))
                ratio, detail = mine / other, f"{mine * 1e3:.2f} beside {other * 1e3:.2f} ms"
                self.add(f"{name}, p{at}", ratio, ratio, ratio, goal, detail)

    async def idle_commands(self) -> None:
        await self.empty()
        worker = Worker(self.queue, {})
        working = asyncio.create_task(worker.run())
        await asyncio.sleep(35)  # a reaper waits one lease before it begins
        sent = 0
        async with self.raw.monitor() as monitor:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(20):
                    async for command in monitor.listen():
                        sent += command["client_type"] != "lua"  # what runs inside a script was not sent
        worker.drain()
        await working
        self.add("commands a second of an idle worker", sent / 20, sent / 20, sent / 20, "≤ 2", "over 20 s, reaper too")

    # ---- with many waiting

    async def flat(self, sizes: list[int]) -> None:
        """The same call on queues with so many waiting, in turns; all on this server at once."""
        await self.empty()
        base = (await self.raw.info("memory"))["used_memory"]
        queues = [
            await Queue(self.url, f"job{number}", capacity=dict.fromkeys(TIERS, 10**9)).open() for number in range(3)
        ]
        for queue, size in zip(queues, sizes, strict=True):
            await self.fill(size, queue)
        used = (await self.raw.info("memory"))["used_memory"] - base
        for name, call in (("enqueue", self._enqueue), ("fetch", self._fetch), ("snapshot", Queue.snapshot)):
            took = await self._medians([partial(call, queue) for queue in queues])
            shown = ", ".join(f"{size:,}: {each * 1e6:.0f} µs" for size, each in zip(sizes, took, strict=True))
            ratio = took[-1] / took[0]
            self.add(f"{name} with {sizes[-1]:,} waiting, to {sizes[0]:,}", ratio, ratio, ratio, "flat", shown)
        for queue in queues:
            await queue.close()
        payload = len(json.dumps(PAYLOAD, separators=(",", ":")))
        over = used / sum(sizes) - 1.2 * payload
        self.add("bytes a waiting job, beyond 1.2 × its payload", over, over, over, "≤ 260", f"payload {payload} bytes")

    @staticmethod
    async def _enqueue(queue: Queue) -> None:
        await queue.enqueue("noop", PAYLOAD, priority="low")

    async def _fetch(self, queue: Queue) -> None:
        await queue.transitions.heads()
        found = await self.raw.xreadgroup(GROUP, "me", {queue.keys.stream("normal"): ">"}, count=1)
        await queue.transitions.release("me", "normal", found[0][1][0][0])

    @staticmethod
    async def _medians(calls: list[Callable[[], Awaitable]]) -> list[float]:
        took: list[list[float]] = [[] for _ in calls]
        for _ in range(300):
            for call, found in zip(calls, took, strict=True):
                began = time.perf_counter()
                await call()
                found.append(time.perf_counter() - began)
        return [statistics.median(found) for found in took]

    async def snapshot_load(self) -> None:
        await self.empty()
        await self.fill(10_000)
        server = (await self.raw.info("cpu"))["used_cpu_user"] + (await self.raw.info("cpu"))["used_cpu_sys"]
        began, client = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < 4:
            await self.queue.snapshot()
            await asyncio.sleep(0.1)
        client = time.process_time() - client
        cpu = await self.raw.info("cpu")
        server = cpu["used_cpu_user"] + cpu["used_cpu_sys"] - server
        share = 100 * (client + server) / (time.perf_counter() - began)
        self.add("a snapshot at 10 Hz, % of a core", share, share, share, "≤ 1", "client and server together")


async def run(quick: bool) -> list[Result]:
    seconds, pairs = (0.5, 3) if quick else (2.0, 5)
    async with Sandbox(maxmemory="4gb") as url, Queue(url, capacity=dict.fromkeys(TIERS, 10**9)) as queue:
        bench = Bench(url, queue, seconds, pairs)
        await bench.ratio("enqueue, one by one", "≥ 0.65", bench.enqueue_one, bench.xadd_one)
        await bench.ratio("enqueue_many, by 100", "≥ 0.5", bench.enqueue_many, bench.xadd_pipeline)
        for c in (16, 100):
            await bench.ratio(
                f"drain, concurrency {c}", "≥ 0.5", lambda c=c: bench.drain(c), lambda c=c: bench.drain_raw(c)
            )
        await bench.pick_up()
        await bench.idle_commands()
        await bench.snapshot_load()
        await bench.flat([1_000, 10_000, 100_000] if quick else [1_000, 100_000, 1_000_000])
        await bench.raw.aclose()
    return bench.results


def show(results: list[Result]) -> None:
    table = Table("", "measured", "range", "to reach", "")
    for one in results:
        spread = f"{one.low:.2f} – {one.high:.2f}" if one.low != one.high else ""
        table.add_row(one.name, f"{one.value:.2f}", spread, one.goal, one.detail)
    Console().print(table)


def plot(results: list[Result], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ratios = [one for one in results if one.goal.startswith("≥")]
    figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    for at, one in enumerate(reversed(ratios)):
        axes.barh(at, one.value, color="#0072B2", height=0.55)
        axes.plot([one.low, one.high], [at, at], color="black", linewidth=2)
        axes.plot([float(one.goal[2:])] * 2, [at - 0.4, at + 0.4], color="#D55E00", linewidth=3)
        axes.text(0.02, at, one.detail, color="white", va="center", fontsize=9)
    axes.axvline(1, color="grey", linewidth=1)
    axes.set_yticks(range(len(ratios)), [one.name for one in reversed(ratios)])
    axes.set_xlabel("speed as a share of the raw redis-py loop (line: range of the pairs; orange: to reach)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("All promises kept, at most of the speed of none", loc="left")
    figure.savefig(path, dpi=150)


async def child(kind: str, url: str) -> None:
    """Say when something arrives, for `pick_up`."""
    async with plain(url) as redis, Queue(url) as queue:
        if kind == "worker":

            async def noop(job):
                await redis.rpush("seen:worker", time.monotonic())

            await Worker(queue, {"noop": noop}).run()
        while True:
            if await redis.xreadgroup(GROUP, "me", {"raw": ">"}, count=1, block=2000):
                await redis.rpush("seen:reader", time.monotonic())


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        return asyncio.run(child(*sys.argv[2:]))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    results = asyncio.run(run(parser.parse_args().quick))
    show(results)
    plot(results, Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()
