"""What a failed attempt may meet while it is settled, and what must hold in the end."""

import asyncio
from functools import partial

import redis.exceptions

from jobqueue.lab.check.apart import apart, noting
from jobqueue.lab.check.story import entries, rows
from jobqueue.lab.explorer import Faults, Finding, Scenario, View
from jobqueue.lab.explorer.invariants import account, healthy

STREAM, GROUP, DEAD = "orders", "crew", "orders:dead"  # not those of the lessons, so that hard-coded names show
ERROR = "ValueError: no such image"

#: (attempt, max_attempts) of `table`.
TABLE = ((1, 3), (2, 3), (3, 3), (5, 3), (2, 10), (9, 10), (10, 12), (1, 1))

#: A reaper as it should be: it asks again whether the lease has passed, adds, and removes, all in one.
REAP = """
local row = redis.call('XPENDING', KEYS[1], ARGV[1], 'IDLE', 30000, ARGV[2], ARGV[2], 1)[1]
local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not row or not entry then return 0 end
local fields = entry[2]
for at = 1, #fields, 2 do
    if fields[at] == 'attempt' then fields[at + 1] = fields[at + 1] + 1 end
end
redis.call('XADD', KEYS[1], '*', unpack(fields))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[1], ARGV[2])
"""


def one_call(piece, attempt: int, deliveries: int = 1) -> Scenario:
    """One job fails, beside three others that nobody may touch."""

    async def setup(redis, world):
        await _pending(redis, {"1": 2}, "bob")
        await _pending(redis, {"2": attempt, "3": 1}, "ann")
        await redis.xadd(STREAM, _job("4", 1), id=_entry("4"))
        if deliveries > 1:
            await redis.xclaim(STREAM, GROUP, "ann", 0, [_entry("2")], retrycount=deliveries, justid=True)

    worker = _worker(piece, attempt, "2")
    return Scenario({"worker": worker}, setup, invariants=[partial(_settled, attempt < 3, attempt)])


def table(piece) -> Scenario:
    """Many jobs fail, one after the other: which are tried again, and which are dead?"""

    async def setup(redis, world):
        await _pending(redis, {at: attempt for at, (attempt, _) in enumerate(TABLE)}, "ann")

    async def worker(redis, world):
        own = apart(piece)
        for at, (attempt, limit) in enumerate(TABLE):
            await own(redis, STREAM, GROUP, _entry(at), _job(at, attempt), ERROR, limit)

    return Scenario({"worker": worker}, setup, invariants=[_threshold])


def faulty(piece, attempt: int, faults: Faults, again: bool = False) -> Scenario:
    """One fault; then a healthy reaper and worker. `again`: whoever sees a lost connection calls again."""
    worker = _worker(piece, attempt, again=again)
    return Scenario({"worker": worker}, _one(attempt), healthy(STREAM, GROUP), [_accounted], faults=faults)


def two_workers(piece) -> Scenario:
    """Two jobs fail at the same time."""

    async def setup(redis, world):
        await _pending(redis, {"1": 1}, "ann")
        await _pending(redis, {"2": 3}, "bob")

    workers = {"ann": _worker(piece, 1, "1"), "bob": _worker(piece, 3, "2")}
    return Scenario(workers, setup, invariants=[_both_settled])


def beside_a_reaper(piece, attempt: int) -> Scenario:
    """The lease has passed, the worker is alive, and a reaper is there."""

    async def reaper(redis, world):
        for row in await redis.xpending_range(STREAM, GROUP, "-", "+", 10, idle=30_000):
            await redis.eval(REAP, 1, STREAM, GROUP, row["message_id"])

    programs = {"worker": _worker(piece, attempt, gentle=True), "reaper": reaper}
    finish, scripts = healthy(STREAM, GROUP), {"reap": REAP}
    return Scenario(programs, _one(attempt, idle=40), finish, [_accounted], faults=Faults(crash=1), scripts=scripts)


def _worker(piece, attempt: int, job: str = "1", *, again=False, gentle=False):
    """It has run `job`, in vain, and settles. `again`: when the connection is lost, it calls again. `gentle`: it minds
    no exception."""

    async def worker(client, world):
        own, note = apart(piece), noting(world)

        async def settle():
            fields = _job(job, attempt)
            await own(client, STREAM, GROUP, _entry(job), fields, ERROR, 3)
            if fields != _job(job, attempt):
                note("fields changed")

        try:
            await settle()
        except Exception as error:
            if "of pipeline caused error" in str(error):  # as redis-py says of a command sent together with others
                note("in a pipeline")
            if not (gentle or (again and isinstance(error, redis.exceptions.ConnectionError))):
                raise
            if gentle:
                note("objects", type(error).__name__)
                return
            try:
                await settle()
            except Exception as second:
                note("objects", type(second).__name__)

    return worker


def _job(job, attempt: int) -> dict[str, str]:
    return {"id": f"{job}", "task": "resize", "payload": '{"width": 640}', "attempt": f"{attempt}"}


def _entry(job) -> str:
    """The id of its entry."""
    return f"1699999999000-{int(job) + 1}"


async def _pending(redis, jobs: dict, consumer: str) -> None:
    """Add these jobs, {id: attempt}, and deliver them."""
    if not await redis.exists(STREAM):
        await redis.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    for job, attempt in jobs.items():
        await redis.xadd(STREAM, _job(job, attempt), id=_entry(job))
    await redis.xreadgroup(GROUP, consumer, {STREAM: ">"}, count=len(jobs))


def _one(attempt: int, idle: int = 0):
    async def setup(redis, world):
        await _pending(redis, {"1": attempt}, "ann")
        if idle:
            await asyncio.sleep(idle)

    return setup


# Invariants. Who has not come to an end is not judged by them.


def _settled(retry: bool, attempt: int, view: View) -> list[Finding]:
    """After one call without faults: the first thing that is wrong, and whether the caller's dict was changed."""
    if view.outcomes["worker"] != "ended":
        return []
    seen = Seen(view, "2")
    rules = (seen.elsewhere, seen.others, seen.nothing, partial(seen.where, retry), partial(seen.new, retry, attempt),
             partial(seen.dead, retry), seen.old)  # fmt: skip
    wrong = next(([Finding(*found)] for rule in rules if (found := rule())), [])
    return wrong + [Finding("fields changed", "the caller's dict is not what it was")] * (
        ("fields changed",) in view.effects
    )


class Seen:
    """What one call has left of its job, and of the others. Each rule returns a kind and the facts, or None."""

    def __init__(self, view: View, job: str):
        self.view, self.job, self.entry = view, job, _entry(job)
        self.start, self.now = entries(view.start, STREAM), entries(view.content, STREAM)
        self.before = {row.id: row.consumer for row in rows(view.start, STREAM, GROUP)}
        self.rows = {row.id: row.consumer for row in rows(view.content, STREAM, GROUP)}
        self.added = [fields for entry_id, fields in self.now.items() if entry_id not in self.start]
        self.buried = list(entries(view.content, DEAD).values())

    def elsewhere(self):
        strange = [
            key for key, value in self.view.content.streams.items() if key not in (STREAM, DEAD) and value.entries
        ]
        return ("hard-coded-names", f"It adds to `{strange[0]}`.") if strange else None

    def others(self):
        gone = [fields["id"] for entry_id, fields in self.start.items() if entry_id not in (self.entry, *self.now)]
        if gone:
            return "touches-others", f"Job {gone[0]}, which did not fail, is gone from the stream."
        unowned = [entry_id for entry_id in self.before if entry_id not in (self.entry, *self.rows)]
        if unowned:
            return "touches-others", f"Job {self.start[unowned[0]]['id']}, which did not fail, is acknowledged too."
        moved = [id for id, owner in self.rows.items() if id != self.entry and self.before.get(id) != owner]
        return ("touches-others", "It takes entries that were not its own.") if moved else None

    def nothing(self):
        if self.added or self.buried:
            return None
        if self.entry in self.rows and self.entry in self.now:
            return "not-settled", "The job is pending as before."
        return "gone", "The old entry is settled, and nothing of the job is in the stream or in the dead-letter stream."

    def where(self, retry):
        if self.added and self.buried:
            return "both", "The job is in the stream again, and in the dead-letter stream as well."
        if len(self.added) + len(self.buried) > 1:
            return "adds-twice", "The job was added twice."
        return (
            ("buried", "attempts were left")
            if retry and self.buried
            else ("tried again", "no attempt was left")
            if not retry and self.added
            else None
        )

    def new(self, retry, attempt):
        if not retry:
            return None
        found, wanted = dict(self.added[0]), _job(self.job, attempt)
        number = found.pop("attempt", None)
        wanted.pop("attempt")
        if found != wanted:
            return "changes-fields", _difference(found, wanted)
        if number == f"{attempt}":
            return "attempt-not-counted", f"The new entry is attempt {attempt} again."
        return None if number == f"{attempt + 1}" else ("attempt-wrong", f"After attempt {attempt} comes `{number}`.")

    def dead(self, retry):
        if retry:
            return None
        found, wanted = dict(self.buried[0]), _job(self.job, 0)
        found.pop("attempt", None)
        wanted.pop("attempt")
        if not any(ERROR in value for name, value in found.items() if name not in wanted):
            return "error-missing", "In the dead-letter stream, no field says why the job failed."
        kept = {name: value for name, value in found.items() if name in wanted}
        return None if kept == wanted else ("changes-fields", _difference(kept, wanted))

    def old(self):
        row, entry = self.entry in self.rows, self.entry in self.now
        kinds = {(True, True): "old-stays", (True, False): "not-acknowledged", (False, True): "not-deleted"}
        facts = {"old-stays": "is still pending, and still in the stream", "not-acknowledged": "is still in the PEL",
                 "not-deleted": "is still in the stream"}  # fmt: skip
        kind = kinds.get((row, entry))
        return (kind, f"The old entry {facts[kind]}.") if kind else None


def _difference(found: dict, wanted: dict) -> str:
    missing = [name for name in wanted if name not in found]
    if missing:
        return f"The new entry lacks `{missing[0]}`."
    more = [name for name in found if name not in wanted]
    if more:
        return f"The new entry has a field `{more[0]}` that the job never had."
    name = next(name for name in wanted if found[name] != wanted[name])
    return f"The new entry's `{name}` is `{found[name]}`, and was `{wanted[name]}`."


def _threshold(view: View) -> list[Finding]:
    """Where each job of the table went: told as "1 of 3: again, 2 of 3: dead, …"."""
    if view.outcomes["worker"] != "ended":
        return []
    start = entries(view.start, STREAM)
    added = {fields.get("id") for entry_id, fields in entries(view.content, STREAM).items() if entry_id not in start}
    buried = {fields.get("id") for fields in entries(view.content, DEAD).values()}
    other = set(view.content.keys) - {STREAM} - ({DEAD} if DEAD in view.content.streams else set())
    lost, went = "elsewhere" if other else "nowhere", {}
    for at, (attempt, limit) in enumerate(TABLE):
        again, dead = f"{at}" in added, f"{at}" in buried
        went[attempt, limit] = "again" if again and not dead else "dead" if dead and not again else lost
    if all(place == ("again" if attempt < limit else "dead") for (attempt, limit), place in went.items()):
        return []
    told = ", ".join(f"{attempt} of {limit}: {place}" for (attempt, limit), place in went.items())
    return [Finding("threshold", told)]


def _accounted(view: View) -> list[Finding]:
    """In the end, each job has run or is dead, once; and nothing of it is left over."""
    jobs, buried = account(view), [fields.get("id") for fields in entries(view.content, DEAD).values()]
    held = {row.id for row in rows(view.content, STREAM, GROUP)} | set(view.content.streams[STREAM].waiting(GROUP))
    found = []
    for job in sorted({fields["id"] for fields in entries(view.start, STREAM).values()}):
        times, dead = jobs.ran[job], buried.count(job)
        if not times + dead:
            stuck = any(fields.get("id") == job for id, fields in entries(view.content, STREAM).items() if id in held)
            found.append(
                Finding("stuck", f"job {job} is pending, and nobody is given it")
                if stuck
                else Finding("lost", f"job {job} never runs again, and is not dead")
            )
        elif times + dead > 1:
            found.append(Finding("duplicated", f"job {job} ran {times} times, and is dead {dead} times"))
    left = set(entries(view.content, STREAM)) - held
    if left and not found:
        found.append(Finding("leftover", "an entry stays in the stream that nobody will ever delete"))
    kinds = [effect for effect in view.effects if effect[0] == "objects"]
    return found + [Finding("objects", kind[1]) for kind in kinds[:1]]


def _both_settled(view: View) -> list[Finding]:
    """Job 1 waits for its next attempt, job 2 is dead, and nothing else is there."""
    if set(view.outcomes.values()) != {"ended"}:
        return []
    waiting = [fields.get("id") for fields in entries(view.content, STREAM).values()]
    buried = [fields.get("id") for fields in entries(view.content, DEAD).values()]
    if waiting == ["1"] and buried == ["2"] and not list(rows(view.content, STREAM, GROUP)):
        return []
    told = f"job {', '.join(waiting) or 'none'} in the stream, job {', '.join(buried) or 'none'} dead"
    return [Finding("muddled", told)]
