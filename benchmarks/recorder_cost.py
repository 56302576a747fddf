"""What watching costs: the CPU time that a world's recorder takes, in the kernel and in its Redis, and its memory.

    python benchmarks/recorder_cost.py             # about two minutes
    python benchmarks/recorder_cost.py --quick     # a look, in half a minute

Each line is measured twice, with the recorder and without, for so many seconds each: the difference is its price, in
percent of one core. No picture is watched.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Callable

import msgspec
from rich.console import Console
from rich.table import Table

from jobqueue.lab.traffic.load import poisson
from jobqueue.lab.world import World

#: A core's percents that an idle world may cost to watch, in kernel and server together, at ten frames a second.
GOAL = 1.0


class Spent(msgspec.Struct, frozen=True):
    """CPU seconds."""

    kernel: float
    server: float

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.kernel - other.kernel, self.server - other.server)


async def spent(world: World) -> Spent:
    info = await world.queue.redis.info("cpu")
    return Spent(time.process_time(), info["used_cpu_user"] + info["used_cpu_sys"])


async def percents(world: World, seconds: float) -> Spent:
    """What is spent from now on, in percent of a core."""
    before, began = await spent(world), time.perf_counter()
    await asyncio.sleep(seconds)
    took = 100 / (time.perf_counter() - began)
    now = await spent(world) - before
    return Spent(now.kernel * took, now.server * took)


async def price(world: World, seconds: float) -> Spent:
    """With the recorder, minus without: in turns, because the machine is not ours alone."""
    differences = []
    for _ in range(2):
        watched = await percents(world, seconds / 2)
        world._recording.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await world._recording
        differences.append(watched - await percents(world, seconds / 2))
        world._recording = asyncio.create_task(world.recorder.run())
        await world.recorder.sample()  # what happened meanwhile, before the next watch begins
    return Spent(sum(d.kernel for d in differences) / 2, sum(d.server for d in differences) / 2)


async def measure(workers: int, rate: float, seconds: float) -> tuple[Spent, int]:
    """The price with so many workers and so many jobs a second; and the bytes of one frame, as it is kept."""
    async with World() as world:
        if workers:
            world.hire(workers)
            await world.until(lambda frame: all(worker.state == "idle" for worker in frame.workers))
        if rate:
            world.load(poisson(rate), "sleep", {"seconds": 0.05})
        await asyncio.sleep(1)
        found = await price(world, seconds)
        return found, len(msgspec.json.encode(world.recorder.frames[-1]))


CASES: dict[str, Callable[[float], object]] = {
    "nobody, nothing": lambda seconds: measure(0, 0, seconds),
    "3 workers, idle": lambda seconds: measure(3, 0, seconds),
    "12 workers, idle": lambda seconds: measure(12, 0, seconds),
    "3 workers, 100 jobs/s": lambda seconds: measure(3, 100, seconds),
    "6 workers, 500 jobs/s": lambda seconds: measure(6, 500, seconds),
}


async def main(seconds: float) -> int:
    table = Table("world", "kernel", "server", "together", "bytes a frame")
    idle = []
    for name, case in CASES.items():
        cost, size = await case(seconds)
        together = cost.kernel + cost.server
        if "jobs/s" not in name:
            idle.append(together)
        table.add_row(name, f"{cost.kernel:.2f} %", f"{cost.server:.2f} %", f"{together:.2f} %", f"{size:,}")
    Console().print(table)
    print(f"at most {max(idle):.2f} % of a core while idle; the goal is {GOAL:g} %")
    return 0 if max(idle) <= GOAL else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    sys.exit(asyncio.run(main(4 if parser.parse_args().quick else 20)))
