"""How fast the queue is, as ratios to raw redis-py loops on the same server in the same run.

    pip install -e '.[bench]'                   # once
    python benchmarks/queue_speed.py            # about 3 minutes; prints a table, writes benchmarks/queue_speed.png
    python benchmarks/queue_speed.py --quick    # a look, in half a minute

Each ratio is the median of alternated pairs (ours, raw, ours, raw, …), with its range: the same loop twice can differ
by a quarter, so a single pair says little. The raw loops do the least that a queue with a status could: no admission,
no check of an id, no retry, no lease, no heartbeat, no reaper, no priorities.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from needs import need

need("matplotlib")

import redis.asyncio

from figures import Figure, Row, show_rows, spread
from jobqueue import NewJob, Queue, Worker, aging
from jobqueue.keys import GROUP, TIERS
from jobqueue.sandbox import Sandbox
from jobqueue.server.leash import Leashed

PAYLOAD = {"image": 7, "size": [640, 480]}
RAW_FINISH = """
for i = 2, #ARGV, 2 do
  redis.call('HSET', 'raw:job:' .. ARGV[i + 1], 'state', 'done')
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  redis.call('XDEL', KEYS[1], ARGV[i])
end"""


Measure = Callable[[], Awaitable[float]]


def plain(url: str) -> redis.asyncio.Redis:
    """redis-py as it comes, with the timeout off that would cut a blocked read, and with its parser in C."""
    return redis.asyncio.Redis.from_url(url, socket_timeout=None)


class Bench:
    """What all measurements share: a server, a queue on it, a raw client beside it, and how long to measure."""

    def __init__(self, url: str, queue: Queue, seconds: float, pairs: int, payload: object = PAYLOAD):
        self.url, self.queue, self.seconds, self.pairs, self.payload = url, queue, seconds, pairs, payload
        body = json.dumps({"task": "noop", "payload": payload, "enqueued_at": time.time()})
        self.raw_fields = {"id": "0" * 24, "body": body}
        self.raw = plain(url)
        self.results: list[Row] = []

    async def empty(self) -> None:
        await self.raw.execute_command("FLUSHALL", "SYNC")  # or Valkey frees the memory while we measure
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
        mine, other = (spread(column) for column in zip(*figures, strict=True))
        detail = f"{mine.value:,.0f} compared with {other.value:,.0f} per second"
        self.add(name, spread(mine / other for mine, other in figures), goal, detail, mine)

    def add(self, name: str, figure: Figure, goal: str, detail: str, ours: Figure | None = None) -> None:
        self.results.append(Row(name, figure, goal, detail, ours))
        print(f"  {name}: {figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f}) {detail}", flush=True)

    async def rate(self, do: Callable[[], Awaitable[int]]) -> float:
        """Things done a second: `do` does some and says how many."""
        began, done = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < self.seconds:
            done += await do()
        return done / passed

    # ---- enqueue

    async def enqueue_one(self) -> float:
        async def one() -> int:
            await self.queue.enqueue("noop", self.payload)
            return 1

        return await self.rate(one)

    async def xadd_one(self) -> float:
        async def one() -> int:
            await self.raw.xadd("raw", self.raw_fields)
            return 1

        return await self.rate(one)

    async def enqueue_many(self) -> float:
        jobs = [NewJob("noop", self.payload)] * 100

        async def hundred() -> int:
            return len(await self.queue.enqueue_many(jobs))

        return await self.rate(hundred)

    async def xadd_pipeline(self) -> float:
        async def hundred() -> int:
            async with self.raw.pipeline(transaction=False) as pipe:
                for _ in range(100):
                    pipe.xadd("raw", self.raw_fields)
                return len(await pipe.execute())

        return await self.rate(hundred)

    # ---- drain

    async def fill(self, count: int, queue: Queue | None = None) -> None:
        jobs = [NewJob("noop", self.payload)] * 1000
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
                    pipe.xadd("raw", self.raw_fields | {"id": secrets.token_hex(12)})
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
        body = NewJob("noop", self.payload).ticket(10**6)["body"]
        ticket = {"id": "x", "attempt": 1, "max_attempts": 3, "reaped": 0, "released": 0, "body": body}
        senders = {
            "reader": ("reader", lambda: self.raw.xadd("raw", self.raw_fields)),
            "pick-up by an idle worker": ("worker", lambda: self.raw.xadd(tickets, ticket)),
            "enqueue and pick-up": ("worker", lambda: self.queue.enqueue("noop", self.payload)),
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
                pairs = [[1e3 * percentile(each, at) for each in pair] for pair in parts(found, raw)]
                mine, other = (spread(column) for column in zip(*pairs, strict=True))
                detail = f"{mine.value:.2f} compared with {other.value:.2f} ms"
                self.add(f"{name}, p{at}", spread(mine / other for mine, other in pairs), goal, detail, mine)


def percentile(values: list[float], at: int) -> float:
    return statistics.quantiles(values, n=100)[at - 1]


def parts(*columns: list[float], count: int = 5) -> list[tuple[list[float], ...]]:
    """These columns, cut into `count` stretches of time, so that a percentile has a range."""
    size = len(columns[0]) // count
    return [tuple(column[at : at + size] for column in columns) for at in range(0, size * count, size)]


async def run(quick: bool) -> list[Row]:
    seconds, pairs = (0.5, 3) if quick else (2.0, 5)
    async with Sandbox(maxmemory="4gb") as url, Queue(url, capacity=dict.fromkeys(TIERS, 10**9)) as queue:
        bench = Bench(url, queue, seconds, pairs)
        await bench.ratio("enqueue, one by one", "≥ 0.8", bench.enqueue_one, bench.xadd_one)
        await bench.ratio("enqueue_many, by 100", "≥ 0.7", bench.enqueue_many, bench.xadd_pipeline)
        for c, goal in ((16, "≥ 0.7"), (100, "≥ 0.8")):
            await bench.ratio(
                f"drain, concurrency {c}", goal, lambda c=c: bench.drain(c), lambda c=c: bench.drain_raw(c)
            )
        await bench.pick_up()
        await bench.raw.aclose()
    return bench.results


def plot(results: list[Row], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ratios = [one for one in results if one.goal.startswith("≥")]
    figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    for at, one in enumerate(reversed(ratios)):
        axes.barh(at, one.figure.value, color="#0072B2", height=0.55)
        axes.plot([one.figure.low, one.figure.high], [at, at], color="black", linewidth=2)
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
    show_rows(results)
    plot(results, Path(__file__).with_suffix(".png"))


if __name__ == "__main__":
    main()
