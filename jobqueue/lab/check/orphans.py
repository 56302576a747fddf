"""The checker of who looks for orphans: what is pending and silent, all of it and nothing else, and nothing touched."""

import asyncio

from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.checker import Case, Check, Checker
from jobqueue.lab.check.orphans_ideas import idea
from jobqueue.lab.check.story import entries, rows
from jobqueue.lab.explorer import Finding, Problem, Report, Scenario, View

STREAM, GROUP = "orders", "crew"  # not those of the lessons, so that hard-coded names show
IDLE_MS = 60_000


def check(fn) -> Check:
    """Check `async def find_orphans(redis, stream, group, idle_ms)`.

    What it has to do: return the ids of all entries of `group` that are pending and have been idle for at least
    `idle_ms`, whoever holds them, in any order; and change nothing.

    What is tried, each with a fresh Redis, in one run:

    1. Four orphans under three consumers, one of whom works on something else; two entries that are fresh; one that was
       acknowledged, and one that waits.
    2. 260 orphans behind 120 entries that are fresh.
    3. Nothing is pending.
    """
    return CHECKER(fn)


def cases(piece):
    """In the order of the docstring."""
    yield Case("orphans, fresh entries, and what waits", scenario(piece, few), named)
    yield Case("260 orphans behind 120 fresh entries", scenario(piece, many), named, 1, 2_000, recognise=False)
    yield Case("nothing is pending", scenario(piece, none), named)


def scenario(piece, setup) -> Scenario:
    """One run; what it returned is noted."""

    async def seeker(redis, world):
        record = noting(world)
        found = await apart(piece)(redis, STREAM, GROUP, IDLE_MS)
        record("found", _plain(found))

    return Scenario({"seeker": seeker}, setup, invariants=[right])


def _plain(found):
    """What it returned, as something that can be told; None if it is nothing of the kind."""
    if not isinstance(found, list | tuple | set):
        return None
    return tuple(one if isinstance(one, str) else repr(one)[:80] for one in found)


async def _deliver(redis, consumer: str, count: int = 1) -> None:
    await redis.xreadgroup(GROUP, consumer, {STREAM: ">"}, count=count)


async def few(redis, world):
    """Jobs 1 to 4 are idle for 90 s: under ann, bob (two), eve. Job 5 is idle for 40 s under cat, and 6 for 5 s under
    bob, who is alive. Job 7 is acknowledged, job 8 waits."""
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    for number in range(1, 8):
        await redis.xadd(STREAM, {"id": number})
    for consumer, count in (("ann", 1), ("bob", 2), ("eve", 1)):
        await _deliver(redis, consumer, count)
    await asyncio.sleep(50)
    await _deliver(redis, "cat")
    await asyncio.sleep(35)
    await _deliver(redis, "bob")
    done = await redis.xreadgroup(GROUP, "cat", {STREAM: ">"}, count=1)
    await redis.xack(STREAM, GROUP, done[0][1][0][0])
    await redis.xadd(STREAM, {"id": 8})
    await asyncio.sleep(5)


async def many(redis, world):
    """120 that are renewed by their worker stand before 260 that nobody renews."""
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    async with redis.pipeline() as pipe:
        for number in range(380):
            pipe.xadd(STREAM, {"id": number})
        ids = await pipe.execute()
    await _deliver(redis, "ann", 120)
    await _deliver(redis, "eve", 260)
    await asyncio.sleep(90)
    await redis.xclaim(STREAM, GROUP, "ann", 0, ids[:120], justid=True)


async def none(redis, world):
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    await redis.xadd(STREAM, {"id": 1})


def right(view: View) -> list[Finding]:
    """The invariant: nothing was changed, and the answer is right; or the first thing that is wrong."""
    if view.outcomes["seeker"] != "ended":
        return []
    return _touched(view) or _answered(view)


def _touched(view: View) -> list[Finding]:
    before, now = ({row.id: row for row in rows(at, STREAM, GROUP)} for at in (view.start, view.content))
    if set(view.content.streams) != {STREAM}:
        strange = next(name for name in view.content.streams if name != STREAM)
        return [Finding("hard-coded-names", f"It was given `{STREAM}`, and asks `{strange}`.")]
    if taken := now.keys() - before.keys():
        return [
            Finding("takes-waiting", f"Entry {min(taken)} waited, and is pending under `{now[min(taken)].consumer}`.")
        ]
    if lost := before.keys() - now.keys() or entries(view.start, STREAM).keys() - entries(view.content, STREAM).keys():
        return [Finding("removes", f"Entry {min(lost)} is not where it was.")]
    if moved := [id for id in before if now[id].consumer != before[id].consumer]:
        return [Finding("takes-away", f"Entry {moved[0]} belongs to `{now[moved[0]].consumer}` now.")]
    if renewed := [id for id in before if now[id].idle < before[id].idle]:
        return [Finding("resets-the-clock", f"Entry {renewed[0]} was silent, and its clock begins anew.")]
    return []


def _answered(view: View) -> list[Finding]:
    [*_, (_, found)] = [effect for effect in view.effects if effect[0] == "found"]
    pel = {row.id: row for row in rows(view.start, STREAM, GROUP)}
    orphans = {id for id, row in pel.items() if row.idle * 1000 >= IDLE_MS}
    if found is None or any(one not in entries(view.start, STREAM) for one in found):
        shown = "nothing that can be counted" if found is None else f"`{next(iter(found), '')}`"
        return [Finding("not-ids", f"It returns {shown}. Wanted is a list of entry ids, as texts.")]
    if waiting := set(found) - pel.keys():
        return [Finding("counts-what-is-not-pending", f"Entry {min(waiting)} is in the answer, and not pending.")]
    if fresh := set(found) - orphans:
        seconds = min(pel[id].idle for id in fresh)
        return [Finding("counts-fresh", f"An entry idle for {seconds} s is in the answer; the limit is 60 s.")]
    if missing := orphans - set(found):
        return [_missing(missing, orphans, pel)]
    return [Finding("twice", "An entry is in the answer twice.")] if len(found) > len(set(found)) else []


def _missing(missing: set[str], orphans: set[str], pel: dict) -> Finding:
    words = f"{len(missing)} of {len(orphans)} orphans are not in the answer."
    if len(orphans) > 10:
        return Finding("one-page" if missing != orphans else "only-a-prefix", words)
    if missing == orphans:
        return Finding("finds-none", words)
    holders = {pel[id].consumer for id in missing}
    return Finding("judges-consumers" if holders == {"bob"} else "finds-some", f"{words} Missing: those of {holders}.")


def named(problem: Problem, report: Report):
    """The invariant has named it."""
    return idea(problem.kind, problem.message)


CHECKER = Checker(
    "orphans",
    "async def find_orphans(redis, stream, group, idle_ms)",
    cases,
    lesson="02-consumer-groups · Repair",
    counted="{schedules:,} schedules, {states:,} states, every orphan found, nothing touched",
)
