"""The work of the demo and the first lesson: real files, and results that anyone can check.

Each job reads one `.py` file of the standard library of the running Python and returns its SHA-256, its size in bytes
and its number of lines.
"""

import asyncio
import hashlib
import random
import sysconfig
from pathlib import Path
from typing import Any

from jobqueue.job import Job
from jobqueue.queue import Queue

STDLIB = Path(sysconfig.get_path("stdlib"))


def sources() -> list[str]:
    """The library's files, relative to it, in order: about 600 to 1,800 of them."""
    names = (str(path.relative_to(STDLIB)) for path in STDLIB.rglob("*.py"))
    return sorted(name for name in names if not {"site-packages", "dist-packages"} & set(Path(name).parts))


def measure(source: str) -> dict[str, Any]:
    """Compute a job's result; the check of the results does the same."""
    data = (STDLIB / source).read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "lines": data.count(b"\n")}


async def measure_slowly(job: Job) -> dict[str, Any]:
    """The handler. A file takes under a millisecond, so each job also waits `pace` seconds, as for a slow disk.

    Otherwise no job would ever be running when you kill a worker."""
    await asyncio.sleep(job.payload["pace"])
    return measure(job.payload["source"])


HANDLERS = {"measure": measure_slowly}


async def enqueue_library(queue: Queue, pace: float, jobs: dict[str, str], files: list[str]) -> None:
    """Enqueue one job per file. `jobs` gets each id and its file one by one, so an interruption leaves it true.

    Paces vary by half around `pace`. Otherwise all of a worker's jobs would end at the same moments.
    """
    rng = random.Random(0)
    for source in files:
        payload = {"source": source, "pace": round(pace * rng.uniform(0.5, 1.5), 4)}
        jobs[await queue.enqueue("measure", payload)] = source
