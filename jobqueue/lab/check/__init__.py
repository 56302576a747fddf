"""Checkers: each takes one piece of a queue that a learner wrote, tries to break it, and names the bug that is in it.

    from jobqueue.lab import check
    await check.reaper(reap_stale_jobs)                  # displays itself, and returns a Verdict

`redis` is an asyncio client with `decode_responses=True`; `stream`, `group` and `consumer` are names. A function is
judged by its effects alone, never by how it is written. What each checker tries stands in its docstring.

    check.read             async def read_after(redis, stream, after)
    check.orphans          async def find_orphans(redis, stream, group, idle_ms)
    check.process          async def process_one(redis, stream, group, consumer, handle)
    check.reaper           async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)
    check.enqueue          async def enqueue_job(redis, stream, fields, capacity)
    check.pick             def pick(heads)
    check.backoff          def backoff(attempt, rng)
    check.settle_failure   async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts)

How a checker is made: `checker.py`. What it answers: `verdict.py`.
"""

from jobqueue.lab.check.backoff import check as backoff
from jobqueue.lab.check.enqueue import check as enqueue
from jobqueue.lab.check.orphans import check as orphans
from jobqueue.lab.check.pick import check as pick
from jobqueue.lab.check.process import check as process
from jobqueue.lab.check.read import check as read
from jobqueue.lab.check.reaper import check as reaper
from jobqueue.lab.check.settle_failure import check as settle_failure
from jobqueue.lab.check.verdict import Verdict

__all__ = ["Verdict", "backoff", "enqueue", "orphans", "pick", "process", "read", "reaper", "settle_failure"]


def __getattr__(name: str):
    """Somebody guesses: say what there is."""
    raise AttributeError(f"there is no check.{name}; there are {', '.join(__all__[1:])}")
