"""The work the demo and the first lesson have done: real files, and results that anyone can check.

Each job reads one `.py` file of the standard library of the running Python and returns its SHA-256, its size in bytes
and its number of lines.
"""

import asyncio
import hashlib
import random
import sysconfig
from pathlib import Path

from jobqueue.job import Job
from jobqueue.queue import Queue

STDLIB = Path(sysconfig.get_path("stdlib"))


def sources() -> list[str]:
    """The library's files, relative to it, in order: about 600 to 1,800 of them."""
    found = (path.relative_to(STDLIB) for path in STDLIB.rglob("*.py"))
    return sorted(str(path) for path in found if not {"site-packages", "dist-packages"} & set(path.parts))


def measure(source: str) -> dict:
    """What a job computes, and what its result is compared with."""
    data = (STDLIB / source).read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "lines": data.count(b"\n")}


async def measure_slowly(job: Job) -> dict:
    """The handler. A file takes under a millisecond, so each job also waits `pace` seconds, as for a slow disk:
    or there would never be anything in flight to kill."""
    await asyncio.sleep(job.payload["pace"])
    return measure(job.payload["source"])


HANDLERS = {"measure": measure_slowly}


async def enqueue_library(queue: Queue, pace: float, jobs: dict[str, str], files: list[str]) -> None:
    """One job a file; notes in `jobs` which id has which, one by one, so that an interruption leaves it true.

    Paces vary by half around `pace`: or a worker's jobs would all end, and its hands be empty, at the same moments.
    """
    rng = random.Random(0)
    for source in files:
        payload = {"source": source, "pace": round(pace * rng.uniform(0.5, 1.5), 4)}
        jobs[await queue.enqueue("measure", payload)] = source
