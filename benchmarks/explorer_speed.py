"""How many schedules a second the explorer runs, beside how many commands a second the same server answers.

    pip install -e '.[bench]'                   # once
    python benchmarks/explorer_speed.py

The ratio is what to compare between machines: both are measured in the same run, with one core each for the client and
the server.
"""

import asyncio
import time

from needs import need

need("cloudpickle")

from jobqueue.explorer import Faults, Scenario
from jobqueue.explorer.in_process import explore_here
from jobqueue.explorer.invariants import healthy, nothing_lost
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.explorer.redis_seam.wire import pack
from jobqueue.sandbox import Sandbox

ROUNDS = 3  # the best of


async def setup(redis, world):
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


def main() -> None:
    sandbox = Sandbox()
    sandbox.external = None  # never somebody's own server: it is emptied
    server = SteppedServer(sandbox.start())
    scenario = Scenario(
        {"reaper": reap, "worker": work},
        setup,
        healthy("jobs", "workers"),
        [nothing_lost],
        faults=Faults(crash=1, lose_reply=1, total=2),
    )
    raw = max(_commands_a_second(server) for _ in range(ROUNDS))
    print(f"raw commands, one round trip each        {raw:>9,.0f} a second")
    for recognise, words in ((False, "each schedule by itself"), (True, "equal states recognised")):
        reports = [explore_here(scenario, server, recognise=recognise) for _ in range(ROUNDS)]
        best = min(reports, key=lambda report: report.seconds)
        run, covered = best.runs / best.seconds, best.schedules / best.seconds
        print(f"schedules, {words:<30}{run:>9,.0f} a second run     = {run / raw:.3f} of raw")
        print(f"{best.schedules:>11,} in all{'':<23}{covered:>9,.0f} a second covered = {covered / raw:.3f} of raw")
    server.close()
    sandbox.stop()


def _commands_a_second(server: SteppedServer, count: int = 5_000) -> float:
    get, began = pack([(b"GET", b"key")]), time.perf_counter()
    for _ in range(count):
        server.wire.exchange(get, 1)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
