"""How soon after a `kill -9` a worker's job runs again: p50, p99 and the longest, as seconds beyond the lease.

    python benchmarks/recovery.py                           # 50 kills with one survivor, 50 with three: 75 minutes
    python benchmarks/recovery.py --lease 2 --kills 10      # a minute

Each kill hits the worker that runs the job, at a random moment. The clock starts with that worker's last heartbeat,
because the lease does too. Counted from the kill itself, recovery is sooner by up to a third of the lease. The promise:
within one second.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import sys
import time

from rich.console import Console
from rich.progress import track
from rich.table import Table

from jobqueue import Queue, Worker
from jobqueue.keys import GROUP
from jobqueue.sandbox import Sandbox
from jobqueue.server.leash import Leashed

STARTED = "recovery:started"


async def work(url: str) -> None:
    """A worker process. A first attempt runs until it's killed; each says who began it, and when."""

    async def hold(job):
        await queue.redis.rpush(STARTED, f"{os.getpid()} {job.attempt} {time.time()}")
        if job.attempt == 1:
            await asyncio.sleep(3600)

    async with Queue(url) as queue:
        await Worker(queue, {"hold": hold}, concurrency=4).run()


class Fleet:
    """`size` worker processes: a new one is hired for each that is killed."""

    def __init__(self, url: str, size: int):
        self.url = url
        self.members = {member.pid: member for member in (self._start() for _ in range(size))}

    def _start(self) -> Leashed:
        return Leashed([sys.executable, __file__, "--work", self.url])

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.members.pop(pid).wait()
        member = self._start()
        self.members[member.pid] = member

    def end(self) -> None:
        for member in self.members.values():
            member.kill()
            member.wait()


async def started(queue: Queue) -> tuple[int, int, float]:
    """Wait for an attempt; returns its worker's pid, its number and when it began."""
    reply = None
    while reply is None:  # shorter than a client waits for a reply
        reply = await queue.redis.blpop([STARTED], timeout=5)
    pid, attempt, at = reply[1].split()
    return int(pid), int(attempt), float(at)


async def kill_once(queue: Queue, fleet: Fleet, lease: float, rng: random.Random) -> float:
    """Seconds beyond the lease after which the killed worker's job runs again."""
    await queue.enqueue("hold", timeout=24 * 3600)
    pid, _, _ = await started(queue)
    await asyncio.sleep(rng.uniform(0, lease))
    [row] = await queue.redis.xpending_range(queue.keys.stream("normal"), GROUP, "-", "+", 1)
    renewed_at = time.time() - row["time_since_delivered"] / 1000
    fleet.kill(pid)
    _, attempt, again_at = await started(queue)
    assert attempt == 2, "the job ran again before its worker was dead"
    return again_at - renewed_at - lease


async def measure(survivors: int, lease: float, kills: int) -> list[float]:
    async with Sandbox() as url, Queue(url) as queue:
        await queue.set_lease(lease)
        fleet, rng = Fleet(url, survivors + 1), random.Random(survivors)
        try:
            await asyncio.sleep(lease + 2)  # a reaper waits for one lease before it begins
            words = f"{survivors} survivor{'s' * (survivors > 1)}"
            return [await kill_once(queue, fleet, lease, rng) for _ in track(range(kills), words)]
        finally:
            fleet.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="kills for each number of survivors (default 50)")
    parser.add_argument("--lease", type=float, default=30.0, help="seconds (default 30)")
    parser.add_argument("--survivors", type=int, nargs="+", default=[1, 3], help="how many are left (default 1 3)")
    parser.add_argument("--work", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        asyncio.run(work(options.work))
        return
    table = Table("survivors", "kills", "p50", "p99", "longest", title=f"seconds beyond a lease of {options.lease:g} s")
    for survivors in options.survivors:
        took = asyncio.run(measure(survivors, options.lease, options.kills))
        p99 = statistics.quantiles(took, n=100, method="inclusive")[98] if len(took) > 1 else took[0]
        figures = (f"{seconds:.2f}" for seconds in (statistics.median(took), p99, max(took)))
        table.add_row(str(survivors), str(len(took)), *figures)
    Console().print(table)


if __name__ == "__main__":
    main()
