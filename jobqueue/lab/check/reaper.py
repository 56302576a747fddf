"""The checker of reapers: what it tries. The worlds are in reaper_basics.py and reaper_worlds.py, the diagnoses in
reaper_words.py."""

from jobqueue.lab.check import reaper_basics, reaper_words, reaper_worlds
from jobqueue.lab.check.checker import Case, Check, Checker
from jobqueue.lab.explorer import Faults


def check(fn) -> Check:
    """Check `async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)`.

    What it has to do: each entry of `group` that is idle for at least `stale_after_ms` becomes a new entry with the
    same fields and `attempt` + 1, and the old one leaves the PEL and the stream. An entry that is not in the stream any
    more only leaves the PEL. It returns when it is done.

    What is tried, each with a fresh Redis:

    1. One run: three stale jobs, three fresh ones (one was added long ago, one is idle for 40 s under a lease of
       60 s), one waiting. Only the stale ones may be touched, and everything about them must be right.
    2. One run: a stale entry that was deleted from the stream, before another stale one.
    3. One stale job, and a reaper that dies before or after any of its commands, or loses the reply to one, or is
       refused memory; an hour later the same reaper runs again, undisturbed. The job must run. (Twice: a remark.)
    4. Two reapers at once and one stale job, in every order. The job must run once.
    5. A heartbeat that comes while the reaper is at work, in every order. (A job taken away that it had renewed: a
       remark.)
    6. One run: 260 stale jobs behind 120 fresh ones.
    7. A worker that is late, but alive: it renews its lease and finishes the job, in every order with a reaper. Nothing
       may be lost, or appear from nowhere. (A job that runs twice: a remark. Its lease had passed.)
    8. Two stale jobs, and a reaper that dies anywhere, as in 3.
    9. Two reapers at once, one of which may die anywhere. Nothing may be lost.
    10. Three reapers at once.

    6 is one schedule. Of the others all schedules are tried, or the first 1,500 that differ.
    """
    return CHECKER(fn)


def cases(piece):
    """In the order of the docstring."""
    words, worlds = reaper_words, reaper_worlds
    fault = Faults(crash=1, lose_reply=1, refuse_memory=1, total=1)
    crash = Faults(crash=1)
    most = 1_500
    yield Case("stale and fresh jobs, one run", reaper_basics.scenario(piece), words.named)
    yield Case("a stale entry that was deleted from the stream", worlds.one_deleted(piece), words.of_deleted)
    yield Case("a reaper that may die anywhere", worlds.stale(piece, 1, 1, fault), words.of_faults, most)
    yield Case("two reapers at once", worlds.stale(piece, 1, 2, Faults()), words.of_two, most)
    yield Case("a heartbeat in between", worlds.heartbeat(piece), words.of_heartbeat, most)
    yield Case("260 stale jobs behind 120 fresh ones", worlds.many(piece), words.of_many, 1, 2_000, recognise=False)
    yield Case("a worker that is late, but alive", worlds.late_worker(piece), words.of_late, most)
    yield Case("two jobs, and a reaper that may die", worlds.stale(piece, 2, 1, crash), words.of_faults, most)
    yield Case("two reapers, one of which may die", worlds.stale(piece, 1, 2, crash), words.of_faults, most)
    yield Case("three reapers at once", worlds.stale(piece, 1, 3, Faults()), words.of_two, most)


CHECKER = Checker(
    "reaper",
    "async def reap_stale_jobs(redis, stream, group, stale_after_ms=30_000)",
    cases,
    lesson="03-reaper · Repair",
)
