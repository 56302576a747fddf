"""A reaper is wrong if it loses, doubles or changes a job, touches a fresh one, or leaves a stale one."""

from collections import Counter

from jobqueue.explorer import Finding, Pending, View
from jobqueue.lab.check.judge import accounted, difference, effects
from jobqueue.lab.check.worlds import Fields, SmallQueue, job

QUEUE = SmallQueue("jobs:normal", "workers")
OTHER = SmallQueue("orders", "crew")  # not the names of the lessons, so that hard-coded ones show
LEASE_MS = 30_000

STALE, FRESH, WAITING = ("1", "2", "3", "4"), ("5", "6", "7", "8"), "9"  # jobs, of worlds.basics
ATTEMPTS = {"1": 1, "2": 2, "3": 27, "4": 9}


class Reaped:
    """The state after one run, by job."""

    def __init__(self, view: View):
        self.view = view
        self.old = OTHER.ids(view.start)
        self.before, self.rows = OTHER.rows(view.start), OTHER.rows(view.content)
        self.entries = OTHER.entries(view.content)

    def row(self, number: str) -> Pending | None:
        """Its row in the pending list, if that's still there."""
        return self.rows.get(self.old[number])

    def idle(self, number: str) -> int:
        """Seconds its worker had been silent."""
        return self.before[self.old[number]].idle

    def new(self, number: str) -> list[str]:
        """The ids of entries that were added for it."""
        return [id for id, fields in self.entries.items() if fields.get("id") == number and id != self.old[number]]

    def taken(self, number: str) -> bool:
        """Whether it was requeued, or is pending no longer."""
        return bool(self.new(number)) or (self.old[number] in self.before and self.row(number) is None)

    def touched(self, number: str) -> bool:
        """Whether it was taken, or belongs to another consumer now."""
        row = self.row(number)
        return row is None or self.taken(number) or row.consumer != self.before[self.old[number]].consumer


def basics(view: View) -> Finding | None:
    """One run: the first thing that's wrong."""
    after = Reaped(view)
    rules = (_elsewhere, _rewound, _trimmed, _fresh, _waiting, _nothing, _stale, _some, _new)
    return next((finding for rule in rules if (finding := rule(after))), None)


def _elsewhere(after: Reaped) -> Finding | None:
    strange = [name for name in after.view.content.streams if name != OTHER.stream]
    kind = "another-stream" if any(OTHER.stream in name for name in strange) else "hard-coded-names"
    if strange and after.new("1"):
        return Finding("gives-up", f"Your function requeues job 1, and moves another one to `{strange[0]}`.")
    words = f"Your function is given the stream `{OTHER.stream}`, and writes to"
    return Finding(kind, f"{words} `{strange[0]}`.") if strange else None


def _rewound(after: Reaped) -> Finding | None:
    before, now = OTHER.state(after.view.start), OTHER.state(after.view.content)
    if before and now and now.last_delivered >= before.last_delivered:
        return None
    return Finding("rewinds-the-group", "Your function sets the group back to an entry that it delivered long ago.")


def _trimmed(after: Reaped) -> Finding | None:
    gone = [n for n in (*FRESH, WAITING) if after.old[n] not in after.entries and not after.taken(n)]
    return Finding("trims-jobs", f"Your function deletes job {gone[0]}, which hasn't run.") if gone else None


def _fresh(after: Reaped) -> Finding | None:
    taken = [number for number in FRESH if after.touched(number)]
    rows = {number: row for number in FRESH if (row := after.row(number))}
    renewed = [number for number, row in rows.items() if row.idle < after.idle(number)]
    if not taken:
        words = "Your function resets the idle time of job {}, which isn't stale."
        return Finding("renews-fresh", words.format(renewed[0])) if renewed else None
    group = OTHER.state(after.view.content)
    vanished = [number for number in taken if number not in rows and not after.new(number)]
    if vanished and not (group and "bob" in group.consumers):
        words = f"Your function deletes the consumer bob, who is working on job {vanished[0]}."
        return Finding("deletes-consumer", words)
    if all(number in rows and not after.new(number) for number in taken):
        words = f"Your function takes job {taken[0]} from a worker that has been idle for only {after.idle(taken[0])} s"
        return Finding("steals-fresh", f"{words}, under a lease of 60 s.")
    words = f"Your function reaps job {taken[-1]}, which was delivered {after.idle(taken[-1])} s ago"
    bugs = {"5": "hard-coded-lease", "6": "compares-texts", "56": "age-is-not-idle", "567": "unit-too-small"}
    return Finding(bugs.get("".join(taken), "reaps-fresh"), f"{words}, under a lease of 60 s.")


def _waiting(after: Reaped) -> Finding | None:
    taken = after.row(WAITING) or after.new(WAITING)
    return Finding("takes-waiting", f"Your function takes job {WAITING}, which waits.") if taken else None


def _nothing(after: Reaped) -> Finding | None:
    words = "Four jobs have been idle for 60 s or more under a lease of 60 s, and your function leaves all of them."
    return None if any(after.touched(number) for number in STALE) else Finding("reaps-nothing", words)


def _stale(after: Reaped) -> Finding | None:
    return next((finding for n in filter(after.touched, STALE) if (finding := _requeued(after, n))), None)


def _requeued(after: Reaped, n: str) -> Finding | None:
    """A stale job has one new entry, which waits, and the old one is gone."""
    row, new, old = after.row(n), after.new(n), after.old[n]
    strangers = [fields for fields in after.entries.values() if fields.get("id") not in after.old]
    if len(new) > 1:
        return Finding("requeues-twice", f"Your function adds job {n} {len(new)} times.")
    if row and new:
        return Finding("requeue-without-ack", f"Your function adds job {n} again, and leaves its old entry pending.")
    if row:
        words = f"Your function claims job {n}, which is pending under `{row.consumer}` now, and does nothing else."
        return Finding("claim-without-requeue", words)
    if not new and ATTEMPTS[n] > 2 and all(map(after.new, "12")):
        return Finding("gives-up", f"Your function settles job {n} on attempt {ATTEMPTS[n]}, and doesn't requeue it.")
    if not new and strangers:
        return Finding("changes-fields", f"Your function requeues job {n} as something else: `{strangers[0]}`.")
    if not new:
        words = f"Your function acknowledges job {n} and doesn't requeue it, so it's neither pending nor waiting."
        return Finding("ack-without-requeue", words)
    if new[0] in after.rows:
        return Finding("takes-its-own", f"Your function requeues job {n}, and then takes the new entry too.")
    words = f"Your function requeues job {n}, and leaves its old entry in the stream."
    return Finding("not-deleted", words) if old in after.entries else None


def _some(after: Reaped) -> Finding | None:
    left = "".join(number for number in STALE if not after.touched(number))
    bugs = {"2": "judges-consumers", "4": "excludes-the-limit", "234": "unit-too-large"}
    words = f"Of {len(STALE)} stale jobs, your function leaves {' and '.join(left)} where they are."
    return Finding(bugs.get(left, "stops-early"), words) if left else None


def _new(after: Reaped) -> Finding | None:
    """The new entries have the fields of the old ones, and one more attempt."""
    new: dict[str, Fields] = {number: after.entries[after.new(number)[0]] for number in STALE}
    for number, fields in new.items():
        if words := difference(fields, job(number, fields.get("attempt", ""))):
            return Finding("changes-fields", words)
    attempts = {number: fields["attempt"] for number, fields in new.items()}
    right = {number: f"{attempt + 1}" for number, attempt in ATTEMPTS.items()}
    if attempts == {number: f"{attempt}" for number, attempt in ATTEMPTS.items()}:
        return Finding("attempt-not-counted", "Your function requeues a job with the `attempt` that it had.")
    if not (wrong := [number for number in STALE if attempts[number] != right[number]]):
        return None
    words = f"Your function requeues a job on attempt {ATTEMPTS[wrong[0]]} as attempt {attempts[wrong[0]]}."
    return Finding("attempts-start-over" if len(set(attempts.values())) == 1 else "attempt-wrong", words)


def deleted(view: View) -> Finding | None:
    """The deleted entry leaves the pending list, and the job after it is requeued."""
    old = next(iter(QUEUE.entries(view.start)))  # of the second job
    new = [fields for entry_id, fields in QUEUE.entries(view.content).items() if entry_id != old]
    if ghosts := [fields for fields in new if fields.get("id") != "2"]:
        return Finding("ghost", f"Your function adds a new entry for the deleted one, made of nothing: `{ghosts[0]}`.")
    if not new:
        return Finding("stumbles-over-deleted", "Your function doesn't requeue the stale job after the deleted entry.")
    words = "Your function leaves the deleted entry's row in the pending list."
    return Finding("deleted-stays-pending", words) if QUEUE.rows(view.content) else None


def accounted_for(view: View) -> list[Finding]:
    """Each job runs once, and no other."""
    if set(effects(view, "ran")) - QUEUE.ids(view.start).keys():
        return [Finding("ghost", "Your function makes up a job that was never enqueued, and a worker runs it.")]
    return accounted(QUEUE)(view)


def kept(view: View) -> list[Finding]:
    """A job that was renewed is still its worker's, because no time has passed since."""
    anns = {row.id for row in QUEUE.rows(view.content).values() if row.consumer == "ann"}
    words = "ann renews the lease of job 1, and your function takes it from her all the same"
    return [Finding("acts-on-old-news", words)] if set(effects(view, "renewed")) - anns else []


def all_reaped(before: int, view: View) -> Finding | None:
    """All of the stale jobs, and none of the fresh ones, of which there are so many `before` them."""
    old = list(QUEUE.entries(view.start))
    fresh, stale = set(old[:before]), {f"{number}" for number in range(before, len(old))}
    pending = {id: row.consumer for id, row in QUEUE.rows(view.content).items()}
    requeued = Counter(fields.get("id") for fields in QUEUE.waiting(view.content).values())
    left, twice = stale - requeued.keys(), sum(times > 1 for times in requeued.values())
    if any(pending.get(entry_id) != "bob" for entry_id in fresh):
        return Finding("reaps-fresh", "Your function reaps jobs whose leases bob renewed just now.")
    if fresh - QUEUE.entries(view.content).keys():
        return Finding("trims-jobs", "Your function deletes entries that bob is working on.")
    if left and pending.keys() - fresh:
        words = f"Of {len(stale)} stale jobs, your function leaves {len(left)} where they are, behind"
        return Finding("first-page-only", f"{words} {before:,} fresh ones.")
    if left:
        words = f"Of {len(stale)} stale jobs, your function acknowledges {len(left)} and doesn't requeue them."
        return Finding("ack-without-requeue", words)
    words = f"Your function adds {twice} of {len(stale)} jobs more than once."
    return Finding("requeues-twice", words) if twice else None
