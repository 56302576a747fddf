"""Checkers: each takes one piece of a queue that a learner wrote, tries to break it, and names the bug in it.

    from jobqueue.lab import check
    await check.reaper(reap_stale_jobs)                  # displays itself, and returns a Verdict

`redis` is an asyncio client with `decode_responses=True`; `stream`, `group` and `consumer` are names. A function is
judged by its effects alone, never by how it's written. Each checker's docstring says what it tries.

    check.read             async def read_after(redis, stream, after)
    check.orphans          async def find_orphans(redis, stream, group, idle_ms)
    check.process          async def process_one(redis, stream, group, consumer, handle)
    check.reaper           async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)
    check.enqueue          async def enqueue_job(redis, stream, fields, capacity)
    check.pick             def pick(heads)
    check.weights          def draw_tier(heads, weights, rng)
    check.backoff          def backoff(attempt, rng)
    check.settle_failure   async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts)

How a checker is made: `checker.py`. Its answer: `verdict.py`. The checkers themselves: `pieces/`, one folder each.
"""

from typing import Any

from jobqueue.lab.check.pieces.backoff.cases import backoff
from jobqueue.lab.check.pieces.enqueue.cases import enqueue
from jobqueue.lab.check.pieces.orphans.cases import orphans
from jobqueue.lab.check.pieces.pick.cases import pick
from jobqueue.lab.check.pieces.process.cases import process
from jobqueue.lab.check.pieces.read.cases import read
from jobqueue.lab.check.pieces.reaper.cases import reaper
from jobqueue.lab.check.pieces.settle_failure.cases import settle_failure
from jobqueue.lab.check.pieces.weights.cases import weights
from jobqueue.lab.check.verdict import Verdict

__all__ = ["Verdict", "backoff", "enqueue", "orphans", "pick", "process", "read", "reaper", "settle_failure", "weights"]


def __getattr__(name: str) -> Any:
    """Answer a guess with the names that exist."""
    raise AttributeError(f"there is no check.{name}; there are {', '.join(__all__[1:])}")
