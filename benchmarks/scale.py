"""What the queue costs at scale: a million jobs waiting, 200 idle workers, payloads of 10 kB, 100,000 dead letters.

    pip install -e '.[bench]'             # once
    python benchmarks/scale.py            # about 10 minutes
    python benchmarks/scale.py --quick    # a look at a tenth of it, in a minute or two

Costs are processor time, so they hold on a busy machine too. Rates and times don't: compare only their ratios there.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial

from needs import need

need("matplotlib")

from figures import Row, show_rows, spread
from jobqueue import NewJob, Queue, Worker
from jobqueue.keys import GROUP, TIERS
from jobqueue.sandbox import Sandbox
from queue_speed import PAYLOAD, Bench, parts

ROOMY = dict.fromkeys(TIERS, 10**9)
LARGE = {"text": "x" * 10_000}

#: Windows of time, in which a cost is measured one after the other.
WINDOWS = 5


async def measure_flat(bench: Bench, sizes: list[int]) -> None:
    """The same calls on queues with so many jobs waiting, in turns, and the memory that these jobs take."""
    await bench.empty()
    before = await memory(bench)
    queues = [await Queue(bench.url, f"job{number}", capacity=ROOMY).open() for number in range(len(sizes))]
    for queue, size in zip(queues, sizes, strict=True):
        await bench.fill(size, queue)
    show_bytes(bench, "small payload", PAYLOAD, (await memory(bench) - before) / sum(sizes))
    for name, call in (("enqueue", enqueue), ("fetch", partial(fetch, bench)), ("snapshot", Queue.snapshot)):
        took = await take_turns([partial(call, queue) for queue in queues])
        ratios = [statistics.median(most) / statistics.median(fewest) for most, fewest in parts(took[-1], took[0])]
        times = (f"{size:,}: {statistics.median(each) * 1e6:.0f} µs" for size, each in zip(sizes, took, strict=True))
        bench.add(
            f"{name} with {sizes[-1]:,} waiting, compared with {sizes[0]:,}", spread(ratios), "≤ 1.2", ", ".join(times)
        )
    for queue in queues:
        await queue.close()


async def enqueue(queue: Queue) -> None:
    await queue.enqueue("noop", PAYLOAD, priority="low")


async def fetch(bench: Bench, queue: Queue) -> None:
    await queue.transitions.heads()
    found = await bench.raw.xreadgroup(GROUP, "me", {queue.keys.stream("normal"): ">"}, count=1)
    await queue.transitions.release("me", "normal", found[0][1][0][0])


async def take_turns(calls: list[Callable[[], Awaitable]], rounds: int = 300) -> list[list[float]]:
    """The seconds that each call took, round by round."""
    took: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, found in zip(calls, took, strict=True):
            began = time.perf_counter()
            await call()
            found.append(time.perf_counter() - began)
    return took


async def measure_large(bench: Bench) -> None:
    """Payloads of 10 kB: the memory of waiting jobs, and the speed compared with raw loops that carry as much."""
    await bench.empty()
    before = await memory(bench)
    await bench.queue.enqueue_many([NewJob("noop", LARGE)] * 1000)
    show_bytes(bench, "payload of 10 kB", LARGE, (await memory(bench) - before) / 1000)
    await bench.ratio("enqueue, payload of 10 kB", "≥ 0.8", bench.enqueue_one, bench.xadd_one)
    await bench.ratio(
        "drain, payload of 10 kB, 16 at once", "≥ 0.7", lambda: bench.drain(16), lambda: bench.drain_raw(16)
    )


def show_bytes(bench: Bench, words: str, payload: object, used: float) -> None:
    size = len(json.dumps(payload, separators=(",", ":")))
    over = used - 1.2 * size
    bench.add(f"bytes per waiting job, {words}, beyond 1.2 × it", spread([over]), "≤ 200", f"{used:.0f} for {size}")


async def memory(bench: Bench) -> int:
    return (await bench.raw.info("memory"))["used_memory"]


async def server_seconds(bench: Bench) -> float:
    cpu = await bench.raw.info("cpu")
    return cpu["used_cpu_user"] + cpu["used_cpu_sys"]


async def measure_idle(bench: Bench, count: int, seconds: float) -> None:
    """What `count` idle workers send to Redis, and what that costs it."""
    await bench.empty()
    lease = await bench.queue.lease()
    workers = [Worker(bench.queue, {}) for _ in range(count)]
    working = [asyncio.create_task(worker.run()) for worker in workers]
    await asyncio.sleep(lease + 5)  # a reaper waits for one lease before it begins
    costs = [await cost_of(bench, asyncio.sleep(seconds / WINDOWS)) for _ in range(WINDOWS)]
    sent, began = [0] * WINDOWS, time.monotonic()
    async with bench.raw.monitor() as monitor:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for command in monitor.listen():
                    window = int((time.monotonic() - began) / seconds * WINDOWS)
                    sent[min(window, WINDOWS - 1)] += command["client_type"] != "lua"  # inside a script nothing's sent
    for worker in workers:
        worker.drain()
    await asyncio.gather(*working)
    name = f"{count} idle worker{'s' * (count > 1)}"
    bench.add(
        f"{name}: commands per second and worker",
        spread(n * WINDOWS / seconds / count for n in sent),
        "≤ 2",
        f"over {seconds:g} s",
    )
    bench.add(f"{name}: % of a core, Redis", spread(server for _, server in costs), "", "reapers too")


async def cost_of(bench: Bench, work: Awaitable) -> tuple[float, float]:
    """What this client and the server spend while `work` goes on, in percent of a core."""
    began, client, server = time.perf_counter(), time.process_time(), await server_seconds(bench)
    await work
    took = (time.perf_counter() - began) / 100
    return (time.process_time() - client) / took, (await server_seconds(bench) - server) / took


async def measure_snapshots(bench: Bench, seconds: float) -> None:
    """What snapshots cost, without what both processes cost that only wake up as often."""

    async def wake(look: Callable[[], Awaitable]) -> None:
        for _ in range(int(10 * seconds / WINDOWS)):
            await look()
            await asyncio.sleep(0.1)

    await bench.empty()
    await bench.fill(10_000)
    alone, idle = [], []
    for _ in range(WINDOWS):
        client, server = await cost_of(bench, wake(bench.queue.snapshot))
        resting = await cost_of(bench, wake(partial(asyncio.sleep, 0)))
        alone.append((client - resting[0], server - resting[1]))
        idle.append(sum(resting))
    client, server = (statistics.median(column) for column in zip(*alone, strict=True))
    detail = f"client {client:.2f}, Redis {server:.2f}; without snapshots {statistics.median(idle):.2f}"
    bench.add("a snapshot at 10 Hz, % of a core", spread(map(sum, alone)), "≤ 1", detail)


async def measure_replay(bench: Bench, count: int) -> None:
    """Replay dead letters, compared with a pipeline of 100 XADDs."""

    def fail(job):
        raise ValueError("for good")

    async def fail_soon(job):
        fail(job)

    await bench.empty()
    job = NewJob("fail", PAYLOAD, max_attempts=1)
    for _ in range(count // 1000):
        await bench.queue.enqueue_many([job] * 1000)
    await Worker(bench.queue, {"fail": fail_soon}, concurrency=100).run_until_idle()
    began, client, server = time.perf_counter(), time.process_time(), await server_seconds(bench)
    assert await bench.queue.dead.replay_all() == count
    rate = count / (time.perf_counter() - began)
    client, server = time.process_time() - client, await server_seconds(bench) - server
    each = [seconds / count * 1e6 for seconds in (client, server)]
    raw = await bench.xadd_pipeline()
    figure, ours = spread([rate / raw]), spread([rate])
    bench.add(f"replay of {count:,} dead letters, compared with XADDs", figure, "", f"{rate:,.0f} per second", ours)
    detail = f"client {each[0]:.1f}, Redis {each[1]:.1f}"
    bench.add("replay, µs of processor time per letter", spread([sum(each)]), "≤ 50", detail)


async def run(quick: bool) -> list[Row]:
    part = 10 if quick else 1
    async with Sandbox(maxmemory="4gb") as url, Queue(url, capacity=ROOMY) as queue:
        bench = Bench(url, queue, 0.5, 3 if quick else 5)
        large = Bench(url, queue, 0.3, bench.pairs, LARGE)
        large.results = bench.results
        await measure_snapshots(bench, 20 / part)
        await measure_replay(bench, 100_000 // part)
        await measure_large(large)
        await measure_flat(bench, [1_000, 1_000_000 // part])
        for count in (1, 200 // part):
            await measure_idle(bench, count, 20 / part)
        for each in (bench, large):
            await each.raw.aclose()
    return bench.results


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    show_rows(asyncio.run(run(parser.parse_args().quick)))
