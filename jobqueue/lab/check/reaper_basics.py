"""What one reaper has to get right when it is alone and nothing fails: told apart by what it leaves in Redis."""

import asyncio

from jobqueue.lab.check.story import entries, rows
from jobqueue.lab.explorer import Finding, Scenario, View

STREAM, GROUP = "orders", "crew"  # not those of the lessons, so that hard-coded names show
LEASE = 60_000  # not the default either

STALE, CAT, BOB, YOUNG = ("1", "2"), "3", "4", "5"  # jobs; the last three are fresh
FRESH, WAITING = (CAT, BOB, YOUNG), "6"


def job(number: str, attempt: str = "1") -> dict[str, str]:
    """The fields of an entry."""
    return {"id": number, "task": "resize", "payload": '{"width": 640}', "attempt": attempt}


def scenario(piece) -> Scenario:
    """One reaper, one run, no faults."""

    async def reaper(redis, world):
        await piece(redis, STREAM, GROUP, LEASE)

    return Scenario({"reaper": reaper}, setup, invariants=[basics])


async def setup(redis, world):
    """Jobs 1 and 2 are stale: idle for 90 s. Job 3 is idle for 40 s, jobs 4 and 5 for 5 s; 4 is as old as 1, though, and
    bob, who never saw job 2, is alive. Job 2 was delivered once, but it is its second attempt. Job 6 is waiting."""
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    for number in ("1", "2", "3", "4"):
        await redis.xadd(STREAM, job(number, "2" if number == "2" else "1"))
    await redis.xreadgroup(GROUP, "ann", {STREAM: ">"}, count=1)
    await redis.xreadgroup(GROUP, "bob", {STREAM: ">"}, count=1)
    await asyncio.sleep(50)
    await redis.xreadgroup(GROUP, "cat", {STREAM: ">"}, count=1)
    await asyncio.sleep(35)
    await redis.xadd(STREAM, job(YOUNG))
    await redis.xadd(STREAM, job(WAITING))
    await redis.xreadgroup(GROUP, "bob", {STREAM: ">"}, count=1)
    await redis.xreadgroup(GROUP, "dan", {STREAM: ">"}, count=1)
    await asyncio.sleep(5)


def basics(view: View) -> list[Finding]:
    """The invariant: the first thing that is wrong, or nothing. It does not judge a reaper that has not come to its end."""
    if view.outcomes["reaper"] != "ended":
        return []
    seen = Seen(view)
    rules = (_elsewhere, _fresh, _waiting, _nothing, _stale, _some, _new)
    return next((found for rule in rules if (found := rule(seen))), [])


class Seen:
    """The end, by job."""

    def __init__(self, view: View):
        self.view = view
        self.old = {fields["id"]: entry_id for entry_id, fields in entries(view.start, STREAM).items()}
        self.before = {row.id: row for row in rows(view.start, STREAM, GROUP)}
        self.rows = {row.id: row for row in rows(view.content, STREAM, GROUP)}
        self.entries = entries(view.content, STREAM)
        group = view.content.streams[STREAM].groups.get(GROUP) if STREAM in view.content.streams else None
        self.consumers = group.consumers if group else ()

    def row(self, job: str):
        """Its row in the PEL, if it is still there."""
        return self.rows.get(self.old[job])

    def new(self, job: str) -> list[str]:
        """The ids of entries that were added for it."""
        return [id for id, fields in self.entries.items() if fields.get("id") == job and id != self.old[job]]

    def touched(self, job: str) -> bool:
        """Was it taken away from its consumer, or requeued?"""
        row = self.row(job)
        return row is None or row.consumer != self.before[self.old[job]].consumer or bool(self.new(job))


def _elsewhere(seen: Seen) -> list[Finding]:
    strange = [name for name in seen.view.content.streams if name != STREAM]
    if not strange:
        return []
    return [Finding("hard-coded-names", f"It was given the stream `{STREAM}`, but it writes to `{strange[0]}`.")]


def _fresh(seen: Seen) -> list[Finding]:
    taken = [job for job in FRESH if seen.touched(job)]
    if not taken:
        renewed = [job for job in FRESH if seen.row(job).idle < seen.before[seen.old[job]].idle]
        words = "It resets the idle time of entries that are not stale: each run of the reaper renews every lease."
        return [Finding("renews-fresh", words)] if renewed else []
    gone = [job for job in taken if seen.row(job) is None and not seen.new(job)]
    if gone and "bob" not in seen.consumers:
        return [Finding("deletes-consumer", f"Deleting the consumer bob took job {gone[0]} along: bob was still working on "
                        "it. The rows of a consumer are deleted with it, and nobody is told.")]  # fmt: skip
    kept = [job for job in taken if seen.row(job) is not None and not seen.new(job)]
    if taken == kept:
        return [Finding("steals-fresh", f"It takes job {kept[0]} away from its worker, delivered only "
                        f"{seen.before[seen.old[kept[0]]].idle} s ago, under a lease of 60 s.")]  # fmt: skip
    if taken == [CAT]:
        return [Finding("hard-coded-lease", "It was given stale_after_ms=60000, and reaped a job that is idle for 40 s. "
                        "Does it look at that argument?")]  # fmt: skip
    if YOUNG not in taken:
        return [Finding("age-is-not-idle", "It reaped a job that was delivered 5 s ago, but had waited for long before. "
                        "How old an entry is says nothing about how long its worker has been silent.")]  # fmt: skip
    return [Finding("reaps-fresh", f"It reaped a job that was delivered 5 s ago, with a lease of 60 s (idle times and "
                    f"stale_after_ms are milliseconds). Its worker is still at it: job {YOUNG} will run twice.")]  # fmt: skip


def _waiting(seen: Seen) -> list[Finding]:
    if seen.old[WAITING] not in seen.entries:
        return [Finding("drops-waiting", f"Job {WAITING} was waiting, delivered to nobody, and now it is gone.")]
    if seen.row(WAITING) or seen.new(WAITING):
        return [Finding("takes-waiting", f"Job {WAITING} was waiting, delivered to nobody, and it took that, too.")]
    return []


def _nothing(seen: Seen) -> list[Finding]:
    if any(seen.touched(job) for job in STALE):
        return []
    return [Finding("reaps-nothing", "Two jobs have been idle for 90 s under a lease of 60 s, and it left both where they "
                    "were: pending, with workers that are silent.")]  # fmt: skip


def _stale(seen: Seen) -> list[Finding]:
    for job in filter(seen.touched, STALE):
        row, new, old = seen.row(job), seen.new(job), seen.old[job]
        if len(new) > 1:
            return [Finding("requeues-twice", f"It added job {job} {len(new)} times.")]
        if row and new:
            return [Finding("requeue-without-ack", f"Job {job} has a new entry, but the old one is still pending: at the "
                            "next run it is stale again, and so on. The job multiplies.")]  # fmt: skip
        if row:
            return [Finding("claim-without-requeue", f"Job {job} now is pending under {row.consumer}, who will not run "
                            "it. Claiming moves a row of the PEL; it makes nobody work.")]  # fmt: skip
        if not new:
            return [Finding("ack-without-requeue", f"Job {job} is lost, with nothing failing: it is not pending any more, "
                            "and there is no new entry for it.")]  # fmt: skip
        if new[0] in seen.rows:
            return [Finding("takes-its-own", f"The new entry of job {job} is pending again: who is going to run it?")]
        if old in seen.entries:
            return [Finding("not-deleted", f"The old entry of job {job} is acknowledged, but still in the stream. Nobody "
                            "will ever delete it: the stream grows for good, and XLEN is no depth.")]  # fmt: skip
    return []


def _some(seen: Seen) -> list[Finding]:
    left = [job for job in STALE if not seen.touched(job)]
    if not left:
        return []
    if left == ["2"]:
        return [Finding("leaves-some", "Of two stale jobs it reaped one. It left job 2, which bob never saw: the reply was "
                        "lost. bob is alive and works on another job; is that what it looks at?")]  # fmt: skip
    return [Finding("leaves-some", f"Of two stale jobs it left job {left[0]} where it was.")]


def _new(seen: Seen) -> list[Finding]:
    wanted = {"1": job("1", "2"), "2": job("2", "3")}
    found = {number: seen.entries[seen.new(number)[0]] for number in STALE}
    for number in STALE:
        others = {k: v for k, v in wanted[number].items() if k != "attempt"}
        if others != {k: v for k, v in found[number].items() if k in others} or "attempt" not in found[number]:
            lost = sorted(set(wanted[number]) - set(found[number]))
            words = f"lacks {', '.join(lost)}" if lost else "has other values in its fields"
            return [Finding("changes-fields", f"The new entry of job {number} {words}: all fields must come along.")]
    attempts = tuple(found[number]["attempt"] for number in STALE)
    if attempts == ("2", "3"):
        return []
    if attempts == ("1", "2"):
        return [Finding("attempt-not-counted", "The new entry has the same `attempt` as the old one. A job that kills its "
                        "worker will be reaped and run for ever: its attempts are never used up.")]  # fmt: skip
    words = f"Job 2 was on attempt 2, and its new entry says attempt {attempts[1]}, it should be 3"
    if attempts in (("2", "2"), ("1", "1")):
        return [Finding("attempts-start-over", f"{words}. How often an entry was delivered is not how often its job was "
                        "tried: each attempt has an entry of its own.")]  # fmt: skip
    return [Finding("attempt-wrong", f"{words}, and job 1 says {attempts[0]}, which should be 2.")]
