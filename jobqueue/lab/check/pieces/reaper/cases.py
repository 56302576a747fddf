"""The checker of reapers: what it tries."""

from collections.abc import Iterator

from jobqueue.explorer import Faults
from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.reaper import ideas, worlds


@checker(
    "async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)",
    "03-reaper · Repair",
)
def reaper(piece: Piece) -> Iterator[Case]:
    """Check `async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)`.

    The task: turn each entry of `group` that has been idle for at least `stale_after_ms` into a new entry with the same
    fields and `attempt` + 1, and remove the old one from the pending list and the stream. If an entry is no longer in
    the stream, only remove it from the pending list. Return when you're done.

    The checker tries this, each time with a fresh Redis:

    1. One run: four stale jobs (one has been idle for exactly the lease, and two are on attempts 9 and 27), four fresh
       ones (one was added long ago, one has been idle for 40 s under a lease of 60 s), and one that waits. Only the
       stale ones may be touched, and everything about them must be right.
    2. One run: a stale entry that was deleted from the stream, and another stale one after it.
    3. One stale job, and a reaper that dies before or after any of its commands, loses the reply to one, or is refused
       memory. An hour later the same reaper runs again, undisturbed. The job must run. (Twice: a remark.)
    4. Two reapers at once and one stale job, in every order. The job must run once.
    5. A heartbeat that comes while the reaper is at work, in every order, and then perhaps 29 s, which is less than the
       lease. A claim must not take the job away. (If a job is taken away that had just been renewed: a remark.)
    6. A worker that's late, but alive: it renews its lease and finishes the job, in every order with a reaper. No job
       may be lost, or appear from nowhere. (A job that runs twice: a remark, because its lease had passed.)
    7. A late worker that finishes the job 2 s later. If your function lets that time pass by itself, after it has
       taken the job, the job must run once all the same. (Twice: a remark, if it only stands still for so long.)
    8. One run: 260 stale jobs behind 120 fresh ones, and 5 behind 1,010.
    9. Two stale jobs, and a reaper that dies anywhere, as in 3.
    10. Two reapers at once, one of which may die anywhere. No job may be lost.
    11. Three reapers at once.

    8 is one schedule. Of 1 it tries at most 100. Of the others it tries all schedules, or the first 1,500 that
    differ (600 with three reapers).
    """
    fault = Faults(crash=1, lose_reply=1, refuse_memory=1, total=1)
    crash, none, most = Faults(crash=1), Faults(), 1_500
    yield Case("stale and fresh jobs, one run", worlds.basics(piece), ideas.of_basics, 100)
    yield Case("a stale entry that was deleted from the stream", worlds.one_deleted(piece), ideas.of_deleted)
    yield Case("a reaper that may die anywhere", worlds.stale(piece, 1, 1, fault), ideas.of_faults, most)
    yield Case("two reapers at once", worlds.stale(piece, 1, 2, none), ideas.of_two, most)
    yield Case("a heartbeat in between", worlds.heartbeat(piece), ideas.of_heartbeat, most)
    yield Case("a worker that is late, but alive", worlds.late_worker(piece), ideas.of_late, most)
    yield Case("a worker that finishes 2 s later", worlds.resting(piece), ideas.of_rest, most)
    for stale, fresh in ((260, 120), (5, 1_010)):
        title, world = f"{stale} stale jobs behind {fresh:,} fresh ones", worlds.many(piece, stale, fresh)
        yield Case(title, world, ideas.of_many, 1, 2_000, recognise=False)
    yield Case("two jobs, and a reaper that may die", worlds.stale(piece, 2, 1, crash), ideas.of_faults, most)
    yield Case("two reapers, one of which may die", worlds.stale(piece, 1, 2, crash), ideas.of_faults, most)
    yield Case("three reapers at once", worlds.stale(piece, 1, 3, none), ideas.of_two, 600)
