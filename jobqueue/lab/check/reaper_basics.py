"""What one reaper has to get right when it is alone and nothing fails: told apart by what it leaves in Redis."""

import asyncio

from jobqueue.lab.check.apart import apart
from jobqueue.lab.check.story import entries, rows
from jobqueue.lab.explorer import Finding, Scenario, View

STREAM, GROUP = "orders", "crew"  # not those of the lessons, so that hard-coded names show
LEASE = 60_000  # not the default either

STALE, CAT, BOB, YOUNG = ("1", "2", "3"), "4", "5", "6"  # jobs; the last three are fresh
FRESH, WAITING = (CAT, BOB, YOUNG), "7"


def job(number: str, attempt: str = "1") -> dict[str, str]:
    """The fields of an entry."""
    return {"id": number, "task": "resize", "payload": '{"width": 640}', "attempt": attempt}


def scenario(piece) -> Scenario:
    """One reaper, one run, no faults."""

    async def reaper(redis, world):
        await apart(piece)(redis, STREAM, GROUP, LEASE)

    return Scenario({"reaper": reaper}, setup, invariants=[basics])


async def setup(redis, world):
    """Jobs 1 to 3 are stale: idle for 90 s. Job 4 is idle for 40 s, jobs 5 and 6 for 5 s; but 5 is as old as 1.

    bob, who never saw job 2, is alive. Job 2 was delivered once, but it is its second attempt. Job 7 is waiting.
    """
    await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    for number in (*STALE, CAT, BOB):
        await redis.xadd(STREAM, job(number, "2" if number == "2" else "1"))
    for consumer in ("ann", "bob", "eve"):
        await redis.xreadgroup(GROUP, consumer, {STREAM: ">"}, count=1)
    await asyncio.sleep(50)
    await redis.xreadgroup(GROUP, "cat", {STREAM: ">"}, count=1)
    await asyncio.sleep(35)
    await redis.xadd(STREAM, job(YOUNG))
    await redis.xadd(STREAM, job(WAITING))
    await redis.xreadgroup(GROUP, "bob", {STREAM: ">"}, count=1)
    await redis.xreadgroup(GROUP, "dan", {STREAM: ">"}, count=1)
    await asyncio.sleep(5)


def basics(view: View) -> list[Finding]:
    """The invariant: the first thing that is wrong. A reaper that has not come to its end is not judged here."""
    if view.outcomes["reaper"] != "ended":
        return []
    seen = Seen(view)
    rules = (_elsewhere, _rewound, _trimmed, _fresh, _waiting, _nothing, _stale, _some, _new)
    return next((found for rule in rules if (found := rule(seen))), [])


class Seen:
    """The end, by job."""

    def __init__(self, view: View):
        self.view = view
        self.old = {fields["id"]: entry_id for entry_id, fields in entries(view.start, STREAM).items()}
        self.before = {row.id: row for row in rows(view.start, STREAM, GROUP)}
        self.rows = {row.id: row for row in rows(view.content, STREAM, GROUP)}
        self.entries = entries(view.content, STREAM)
        self.strangers = [fields for fields in self.entries.values() if fields.get("id") not in self.old]
        group = view.content.streams[STREAM].groups.get(GROUP) if STREAM in view.content.streams else None
        self.consumers = group.consumers if group else ()

    def row(self, job: str):
        """Its row in the PEL, if it is still there."""
        return self.rows.get(self.old[job])

    def idle(self, job: str) -> int:
        """Seconds its worker had been silent."""
        return self.before[self.old[job]].idle

    def new(self, job: str) -> list[str]:
        """The ids of entries that were added for it."""
        return [id for id, fields in self.entries.items() if fields.get("id") == job and id != self.old[job]]

    def taken(self, job: str) -> bool:
        """Was it requeued, or is it nobody's any more?"""
        return bool(self.new(job)) or (self.old[job] in self.before and self.row(job) is None)

    def touched(self, job: str) -> bool:
        """The same, or does it belong to another consumer now?"""
        row = self.row(job)
        return self.taken(job) or row.consumer != self.before[self.old[job]].consumer


def _elsewhere(seen: Seen) -> list[Finding]:
    strange = [name for name in seen.view.content.streams if name != STREAM]
    kind = "another-stream" if any(STREAM in name for name in strange) else "hard-coded-names"
    return [Finding(kind, f"It was given `{STREAM}`, and writes to `{strange[0]}`.")] if strange else []


def _rewound(seen: Seen) -> list[Finding]:
    before, now = (view.streams[STREAM].groups.get(GROUP) for view in (seen.view.start, seen.view.content))
    if now and now.last_delivered >= before.last_delivered:
        return []
    return [Finding("rewinds-the-group", "The group stands where it stood long ago, and delivers old entries again.")]


def _trimmed(seen: Seen) -> list[Finding]:
    gone = [job for job in (*FRESH, WAITING) if seen.old[job] not in seen.entries and not seen.taken(job)]
    return [Finding("trims-jobs", f"Job {gone[0]} is gone from the stream, and nobody has run it.")] if gone else []


def _fresh(seen: Seen) -> list[Finding]:
    taken = [job for job in FRESH if seen.touched(job)]
    if not taken:
        renewed = [job for job in FRESH if seen.row(job).idle < seen.idle(job)]
        words = f"It resets the idle time of job {renewed[0]}, which is not stale." if renewed else ""
        return [Finding("renews-fresh", words)] if renewed else []
    vanished = [job for job in taken if seen.row(job) is None and not seen.new(job)]
    if vanished and "bob" not in seen.consumers:
        words = f"It deletes the consumer bob, who is working on job {vanished[0]}."
        return [Finding("deletes-consumer", words)]
    moved = [job for job in taken if seen.row(job) is not None and not seen.new(job)]
    if taken == moved:
        words = f"It takes job {moved[0]} away from a worker that is idle for {seen.idle(moved[0])} s only."
        return [Finding("steals-fresh", f"{words} The lease is 60 s.")]
    if taken == [CAT]:
        return [Finding("hard-coded-lease", "With stale_after_ms=60000 it reaps a job that is idle for 40 s.")]
    if YOUNG not in taken:
        return [Finding("age-is-not-idle", "It reaps a job delivered 5 s ago, because it was added 90 s ago.")]
    return [Finding("reaps-fresh", f"It reaps job {YOUNG}, delivered 5 s ago, under a lease of 60 s.")]


def _waiting(seen: Seen) -> list[Finding]:
    taken = seen.row(WAITING) or seen.new(WAITING)
    return [Finding("takes-waiting", f"It takes job {WAITING}, too.")] if taken else []


def _nothing(seen: Seen) -> list[Finding]:
    words = "Three jobs have been idle for 90 s under a lease of 60 s, and it leaves them where they are."
    return [] if any(seen.touched(job) for job in STALE) else [Finding("reaps-nothing", words)]


def _stale(seen: Seen) -> list[Finding]:
    for job in filter(seen.touched, STALE):
        row, new = seen.row(job), seen.new(job)
        if len(new) > 1:
            return [Finding("requeues-twice", f"It adds job {job} {len(new)} times.")]
        if row and new:
            return [Finding("requeue-without-ack", f"Job {job} has a new entry, but its old one is still pending.")]
        if row:
            return [Finding("claim-without-requeue", f"Job {job} is pending under `{row.consumer}` now, that is all.")]
        if not new and seen.strangers:
            words = f"The new entry of job {job} is not the old one: `{seen.strangers[0]}`."
            return [Finding("changes-fields", words)]
        if not new:
            return [Finding("ack-without-requeue", f"Job {job} is lost: not pending any more, and not waiting either.")]
        if new[0] in seen.rows:
            return [Finding("takes-its-own", f"The new entry of job {job} is pending again.")]
        if seen.old[job] in seen.entries:
            return [Finding("not-deleted", f"The old entry of job {job} is still in the stream.")]
    return []


def _some(seen: Seen) -> list[Finding]:
    left = [job for job in STALE if not seen.touched(job)]
    if left == ["2"]:
        words = "It leaves job 2, whose consumer, bob, works on another job: the reply with this one he never got."
        return [Finding("judges-consumers", words)]
    return (
        [Finding("stops-early", f"Of three stale jobs it leaves {' and '.join(left)} where they are.")] if left else []
    )


def _new(seen: Seen) -> list[Finding]:
    wanted = {"1": job("1", "2"), "2": job("2", "3"), "3": job("3", "2")}
    found = {number: seen.entries[seen.new(number)[0]] for number in STALE}
    for number in STALE:
        if lost := sorted(wanted[number].keys() - found[number].keys()):
            return [Finding("changes-fields", f"The new entry of job {number} lacks {', '.join(lost)}.")]
        if {**found[number], "attempt": ""} != {**wanted[number], "attempt": ""}:
            return [Finding("changes-fields", f"The new entry of job {number} is not the old one: `{found[number]}`.")]
    first, second, _ = (found[number]["attempt"] for number in STALE)
    if (first, second) == ("1", "2"):
        return [Finding("attempt-not-counted", "The new entry has the same `attempt` as the old one.")]
    words = f"Jobs on attempts 1 and 2 are requeued with attempts {first} and {second}: they should be 2 and 3."
    kind = "attempts-start-over" if first == second else "attempt-wrong"
    return [] if (first, second) == ("2", "3") else [Finding(kind, words)]
