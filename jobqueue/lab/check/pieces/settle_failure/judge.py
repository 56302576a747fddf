"""Settling a failure is wrong if the job ends in no place or in two, if other jobs change, or if its fields do."""

from jobqueue.explorer import Finding, View
from jobqueue.lab.check.judge import accounted, difference, effects
from jobqueue.lab.check.worlds import Fields, SmallQueue, job

QUEUE = SmallQueue("orders", "crew")  # not those of the lessons, so that hard-coded names show
DEAD = SmallQueue("orders:dead", "")
ERROR = "ValueError: no such image"
ERRORS = (ERROR, "TimeoutError", "KeyError: 'width'", "OSError: disk full\nat line 3")

#: (attempt, max_attempts) of worlds.table.
TABLE = ((1, 3), (2, 3), (3, 3), (5, 3), (2, 10), (9, 10), (10, 12), (1, 1))


class Settled:
    """The state of job 2, and of the others, after one call. Each rule returns a kind and the facts, or None."""

    def __init__(self, attempt: int, view: View):
        self.attempt, self.again, self.view = attempt, attempt < 3, view
        self.entry = QUEUE.ids(view.start)["2"]
        self.start, self.now = QUEUE.entries(view.start), QUEUE.entries(view.content)
        self.before = {id: row.consumer for id, row in QUEUE.rows(view.start).items()}
        self.rows = {id: row.consumer for id, row in QUEUE.rows(view.content).items()}
        self.added = [fields for entry_id, fields in self.now.items() if entry_id not in self.start]
        self.buried = list(DEAD.entries(view.content).values())

    def elsewhere(self) -> tuple[str, str] | None:
        places = (QUEUE.stream, DEAD.stream)
        strange = [key for key, value in self.view.content.streams.items() if key not in places and value.entries]
        return ("hard-coded-names", f"Your function adds to `{strange[0]}`.") if strange else None

    def others(self) -> tuple[str, str] | None:
        gone = [fields["id"] for entry_id, fields in self.start.items() if entry_id not in (self.entry, *self.now)]
        acked = [entry_id for entry_id in self.before if entry_id not in (self.entry, *self.rows)]
        moved = [id for id, owner in self.rows.items() if id != self.entry and self.before.get(id) != owner]
        if gone:
            return "touches-others", f"Your function deletes job {gone[0]}, which didn't fail, from the stream."
        if acked:
            return "touches-others", f"Your function acknowledges job {self.start[acked[0]]['id']}, which didn't fail."
        return ("touches-others", "Your function takes entries that weren't its own.") if moved else None

    def nowhere(self) -> tuple[str, str] | None:
        if self.added or self.buried:
            return None
        if self.entry in self.rows and self.entry in self.now:
            return "not-settled", "Your function leaves the job pending as before."
        return "gone", "Your function removes the old entry, and adds the job neither to the stream nor to the dead."

    def place(self) -> tuple[str, str] | None:
        if self.added and self.buried:
            return "both", "Your function adds the job to the stream again, and to the dead-letter stream as well."
        if len(self.added) + len(self.buried) > 1:
            return "adds-twice", "Your function adds the job twice."
        if self.again and self.buried:
            return "no-retry", "Attempt 1 of 3 failed, and your function buries the job."
        if not self.again and self.added:
            return "one-attempt-too-many", "Attempt 3 of 3 failed, and your function tries the job again."
        return None

    def new(self) -> tuple[str, str] | None:
        if not self.again:
            return None
        number = self.added[0].get("attempt")
        if words := difference(_without_attempt(self.added[0]), _without_attempt(job(2))):
            return "changes-fields", words
        if number == f"{self.attempt}":
            return "attempt-not-counted", f"Your function adds the new entry as attempt {number} again."
        words = f"After attempt {self.attempt}, your function adds attempt `{number}`."
        return None if number == f"{self.attempt + 1}" else ("attempt-wrong", words)

    def dead(self) -> tuple[str, str] | None:
        if self.again:
            return None
        fields, wanted = self.buried[0], _without_attempt(job(2))
        if not any(ERROR in value for name, value in fields.items() if name not in job(2)):
            return (
                "error-missing",
                "Your function adds the job to the dead-letter stream, without the error in a field.",
            )
        words = difference({name: value for name, value in fields.items() if name in wanted}, wanted)
        return ("changes-fields", words) if words else None

    def old(self) -> tuple[str, str] | None:
        kind, facts = {
            (True, True): ("old-stays", "still pending, and still in the stream"),
            (True, False): ("not-acknowledged", "still in the pending list"),
            (False, True): ("not-deleted", "still in the stream"),
        }.get((self.entry in self.rows, self.entry in self.now), ("", ""))
        return (kind, f"Your function is done, and the old entry is {facts}.") if kind else None

    def slow(self) -> tuple[str, str] | None:
        """Nobody is in its way, so it has nothing to wait for."""
        words = f"Your function waits for {self.view.now:.0f} s before it's done."
        return ("backoff-by-sleeping", words) if self.view.now >= 1 else None


def settled(attempt: int, view: View) -> Finding | None:
    """After one call without faults: the first thing that's wrong."""
    after = Settled(attempt, view)
    rules = (after.elsewhere, after.others, after.nowhere, after.place, after.new, after.dead, after.old, after.slow)
    return next((Finding(*wrong) for rule in rules if (wrong := rule())), None)


def fields_kept(view: View) -> list[Finding]:
    """The caller's dict is as it was."""
    return [Finding("fields changed", "the caller's dict")] if ("fields changed",) in view.effects else []


def _without_attempt(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name != "attempt"}


def threshold(view: View) -> Finding | None:
    """The place where each job of the table went, as "1 of 3: again, 2 of 3: dead, …"."""
    start = QUEUE.entries(view.start)
    added = {fields.get("id") for entry_id, fields in QUEUE.entries(view.content).items() if entry_id not in start}
    buried = {fields.get("id") for fields in DEAD.entries(view.content).values()}
    other = set(view.content.keys) - {QUEUE.stream} - ({DEAD.stream} & view.content.streams.keys())
    went = {}
    for at, (attempt, limit) in enumerate(TABLE):
        again, dead = f"{at}" in added, f"{at}" in buried
        lost = "elsewhere" if other else "nowhere"
        went[attempt, limit] = lost if again == dead else "again" if again else "dead"
    if all(place == ("again" if attempt < limit else "dead") for (attempt, limit), place in went.items()):
        return None
    return Finding("threshold", ", ".join(f"{attempt} of {limit}: {place}" for (attempt, limit), place in went.items()))


def row(at: int) -> Fields:
    """The fields of a job of the table. Every other one has more of them."""
    return {**job(at, TABLE[at][0]), **({"trace": f"t-{at}"} if at % 2 else {})}


def rows_kept(view: View) -> Finding | None:
    """Each job of the table that's tried again has its fields, and the next attempt; each dead one has its fields."""
    start = QUEUE.entries(view.start)
    added = {fields["id"]: fields for entry_id, fields in QUEUE.entries(view.content).items() if entry_id not in start}
    buried = {fields["id"]: fields for fields in DEAD.entries(view.content).values()}
    for at, (attempt, limit) in enumerate(TABLE):
        again, wanted = f"{at}" in added, _without_attempt(row(at))
        fields = _without_attempt((added if again else buried)[f"{at}"])
        known = fields if again else {name: value for name, value in fields.items() if name in wanted}
        if words := difference(known, wanted):
            return Finding("changes-fields", words)
        number = added[f"{at}"].get("attempt") if again else f"{attempt + 1}"
        if number != f"{attempt + 1}":
            words = f"After attempt {attempt} of {limit}, your function adds attempt `{number}`."
            return Finding("attempt-wrong", words)
    return None


def none_trimmed(view: View) -> Finding | None:
    """The jobs that waited are there still."""
    if gone := QUEUE.ids(view.start).keys() - QUEUE.ids(view.content).keys() - {"1"}:
        return Finding("trims-jobs", f"{len(gone):,} of the {len(QUEUE.entries(view.start)) - 1:,} jobs that waited")
    return None


def objections(view: View) -> list[Finding]:
    """Exceptions of a call that came too late."""
    return [Finding("objects", kind) for kind in effects(view, "objects")[:1]]


#: In the end, each job has run or is dead, once.
FATES = [accounted(QUEUE, DEAD.stream), objections]


def both_settled(view: View) -> list[Finding]:
    """Job 1 waits for its next attempt, job 2 is dead, and nothing else is there."""
    if set(view.outcomes.values()) != {"ended"}:
        return []
    entries, pending = QUEUE.entries(view.content), QUEUE.rows(view.content)
    places = {
        "waits": [fields.get("id", "?") for entry_id, fields in entries.items() if entry_id not in pending],
        "is pending": [entries[entry_id].get("id", "?") if entry_id in entries else "?" for entry_id in pending],
        "is dead": [fields.get("id", "?") for fields in DEAD.entries(view.content).values()],
    }
    if places == {"waits": ["1"], "is pending": [], "is dead": ["2"]}:
        return []
    words = [f"job {number} {place}" for place, numbers in places.items() for number in numbers]
    return [Finding("muddled", ", and ".join(words) or "both jobs are gone")]
