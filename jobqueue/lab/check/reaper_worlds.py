"""What a reaper has to survive: deleted entries, its own death, another reaper, hundreds of jobs, a late worker."""

import asyncio
from collections import Counter

from jobqueue.lab.check.apart import apart
from jobqueue.lab.check.reaper_basics import job
from jobqueue.lab.check.story import entries, rows
from jobqueue.lab.explorer import Faults, Finding, Scenario, View

STREAM, GROUP = "jobs:normal", "workers"
LEASE = 30_000  # ms
FRESH, STALE = 120, 260  # of `many`


def one_deleted(piece) -> Scenario:
    """Two stale entries; the first was deleted from the stream."""

    async def setup(redis, world):
        await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
        first = await redis.xadd(STREAM, job("1"))
        await redis.xadd(STREAM, job("2"))
        await redis.xreadgroup(GROUP, "ann", {STREAM: ">"}, count=2)
        await asyncio.sleep(40)
        await redis.xdel(STREAM, first)

    return Scenario({"reaper": _reaper(piece)}, setup, invariants=[_deleted])


def stale(piece, jobs: int, reapers: int, faults: Faults) -> Scenario:
    """Stale jobs and reapers; an hour later one more run, and a worker."""
    names = ["reaper", *(f"reaper {at}" for at in range(2, reapers + 1))]
    programs = dict.fromkeys(names, _reaper(piece))
    return Scenario(programs, _stale(jobs), _later(piece), [_accounted], faults=faults)


def late_worker(piece) -> Scenario:
    """A reaper, and a worker whose lease has passed, but who now renews it and finishes."""

    async def worker(redis, world):
        for row in await redis.xpending_range(STREAM, GROUP, "-", "+", 1, consumername="ann"):
            entry = row["message_id"]
            await redis.xclaim(STREAM, GROUP, "ann", 0, [entry], justid=True)
            world.record("ran", "1")
            await redis.pipeline().xack(STREAM, GROUP, entry).xdel(STREAM, entry).execute()

    return Scenario({"reaper": _reaper(piece), "worker": worker}, _stale(1), _later(piece), [_accounted])


#: ann's heartbeat: it renews what is still hers, and returns its id.
RENEW = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, 'ann')[1]
return row and redis.call('XCLAIM', KEYS[1], ARGV[1], 'ann', 0, row[1], 'JUSTID')[1]
"""


def heartbeat(piece) -> Scenario:
    """A reaper, and a heartbeat that comes just then: what it has renewed is not stale any more."""

    async def worker(redis, world):
        if entry := await redis.eval(RENEW, 1, STREAM, GROUP):
            world.record("renewed", entry)

    return Scenario({"reaper": _reaper(piece), "worker": worker}, _stale(1), invariants=[_kept])


def many(piece) -> Scenario:
    """Hundreds of stale jobs, behind others that are not."""

    async def setup(redis, world):
        await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
        adding = redis.pipeline()
        for number in range(FRESH + STALE):
            adding.xadd(STREAM, job(str(number)))
        ids = await adding.execute()
        await redis.xreadgroup(GROUP, "bob", {STREAM: ">"}, count=FRESH)
        await redis.xreadgroup(GROUP, "ann", {STREAM: ">"}, count=STALE)
        await asyncio.sleep(40)
        await redis.xclaim(STREAM, GROUP, "bob", 0, ids[:FRESH], justid=True)  # bob's heartbeat

    return Scenario({"reaper": _reaper(piece)}, setup, invariants=[_all_reaped])


def _reaper(piece):
    async def reaper(redis, world):
        await apart(piece)(redis, STREAM, GROUP, LEASE)

    return reaper


def _stale(jobs: int):
    """Jobs 1 to `jobs`, delivered to ann, and idle for 40 s."""

    async def setup(redis, world):
        await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
        for number in range(1, jobs + 1):
            await redis.xadd(STREAM, job(str(number)))
        await redis.xreadgroup(GROUP, "ann", {STREAM: ">"}, count=jobs)
        await asyncio.sleep(40)

    return setup


def _later(piece):
    """An hour later: the same reaper, undisturbed, and then a worker that runs all there is."""

    async def finish(redis, world):
        await asyncio.sleep(3600)
        await apart(piece)(redis, STREAM, GROUP, LEASE)
        while reply := await redis.xreadgroup(GROUP, "healthy", {STREAM: ">"}, count=100):
            for entry_id, fields in reply[0][1]:
                world.record("ran", fields.get("id"))
                await redis.pipeline().xack(STREAM, GROUP, entry_id).xdel(STREAM, entry_id).execute()

    return finish


# Invariants. A lone reaper that has not come to its end is not judged here.


def _deleted(view: View) -> list[Finding]:
    if view.outcomes["reaper"] != "ended":
        return []
    old = next(iter(entries(view.start, STREAM)))  # of the second job
    new = [fields for entry_id, fields in entries(view.content, STREAM).items() if entry_id != old]
    ghosts = [fields for fields in new if fields.get("id") != "2"]
    if ghosts:
        return [Finding("ghost", f"For the deleted entry it adds a new one, made of nothing: `{ghosts[0]}`.")]
    if not new:
        return [Finding("stumbles-over-deleted", "The stale job after the deleted entry is not requeued.")]
    stays = any(True for _ in rows(view.content, STREAM, GROUP))
    return [Finding("deleted-stays-pending", "The deleted entry's row stays in the PEL.")] if stays else []


def _accounted(view: View) -> list[Finding]:
    """Every job ran once, and nothing is left over."""
    jobs = {fields["id"]: entry_id for entry_id, fields in entries(view.start, STREAM).items()}
    ran = Counter(effect[1] for effect in view.effects if effect[0] == "ran")
    pending = {row.id for row in rows(view.content, STREAM, GROUP)}
    left = set(entries(view.content, STREAM))
    if set(ran) - jobs.keys():
        return [Finding("ghost", "A job runs that nobody had enqueued.")]
    for number in sorted(jobs.keys() - ran.keys()):
        words = f"job {number} never runs, though the reaper runs again an hour later"
        return [Finding("stuck" if pending & left else "lost", words)]
    for number, times in ran.items():
        if times > 1:
            return [Finding("doubled", f"job {number} runs {times} times")]
    return [Finding("leftover", "an entry stays in the stream that nobody will delete")] if left - pending else []


def _kept(view: View) -> list[Finding]:
    """What was renewed, is still its worker's: no time has passed since."""
    renewed = {effect[1] for effect in view.effects if effect[0] == "renewed"}
    taken = renewed - {row.id for row in rows(view.content, STREAM, GROUP) if row.consumer == "ann"}
    words = "ann renews the lease of job 1, and it is taken away from her all the same"
    return [Finding("acts-on-old-news", words)] if taken else []


def _all_reaped(view: View) -> list[Finding]:
    if view.outcomes["reaper"] != "ended":
        return []
    old = list(entries(view.start, STREAM).items())
    fresh = {entry_id for entry_id, _ in old[:FRESH]}
    stale = {fields["id"] for _, fields in old[FRESH:]}
    pending = {row.id: row.consumer for row in rows(view.content, STREAM, GROUP)}
    waiting = view.content.streams[STREAM].waiting(GROUP)
    requeued = Counter(fields.get("id") for fields in waiting.values())
    left = stale - set(requeued)
    if any(pending.get(entry_id) != "bob" for entry_id in fresh):
        return [Finding("reaps-fresh", "It reaps jobs whose leases bob renewed 5 s ago.")]
    if fresh - entries(view.content, STREAM).keys():
        return [Finding("trims-jobs", "Entries that bob is working on are gone from the stream.")]
    if left and pending.keys() - fresh:
        words = f"Of {STALE} stale jobs it leaves {len(left)} where they are, behind {FRESH} fresh ones."
        return [Finding("first-page-only", words)]
    if left:
        return [Finding("ack-without-requeue", f"Of {STALE} stale jobs {len(left)} are neither pending nor waiting.")]
    twice = [number for number, times in requeued.items() if times > 1]
    return [Finding("requeues-twice", f"It adds {len(twice)} of {STALE} jobs more than once.")] if twice else []
