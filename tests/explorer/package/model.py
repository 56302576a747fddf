"""The queue as it is meant to be, in plain Python: what each call answers, and where each job is after it.

Programs record every call and its answer. Played through this model, in the order in which they happened, every answer
must be the one the model gives, and the model must end with the very content that Redis has.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

from census import Census

from jobqueue.explorer import Finding, View
from jobqueue.keys import TIERS
from jobqueue.scripts import LOST, SETTLED, SETTLED_BEFORE

LEASE = 30
NO_LIMIT = (0, 0)  # watermarks

#: What a snapshot counts, besides what is in each tier.
COUNTED = ("dead", "accepted", "done", "retried", "reaped", "discarded", "cancelled", "foreign")

#: Faults after which programs do not know what they did.
DECEIVING = ("lose_reply", "send_again")


@dataclass
class Known:
    """One job, or one entry that is none."""

    id: str
    tier: str
    place: str = "waiting"
    attempt: int = 1
    max_attempts: int = 3
    reaped: int = 0
    released: int = 0
    lost: int = 0  # leases
    since: int = 0  # when it became waiting
    consumer: str = ""
    entry: str = ""
    renewed: int = 0  # when its lease began
    due: int = 0
    told: dict = field(default_factory=dict)  # what its hash must say, besides where it is
    history: list = field(default_factory=list)  # (attempt, worker, outcome, error, when) of each that ended

    @property
    def whole(self) -> bool:
        """Is it a ticket of ours? (Of a deleted entry, nobody can say.)"""
        return not self.id.startswith("?") and self.place != "gone"


@dataclass
class Letter:
    """A dead letter: of which job, what it says, and whether there is a ticket in it to replay."""

    job: str
    says: tuple
    whole: bool


class Model:
    """Play `effects`: each (call, now, who, arguments, answer). `surprises` are the answers that were wrong."""

    def __init__(self, effects):
        self.jobs: dict[str, Known] = {}
        self.line = {tier: [] for tier in TIERS}
        self.consumers = {tier: set() for tier in TIERS}
        self.grouped = set(TIERS)  # without a group nobody says how old its jobs are: who fetches will make it again
        self.added = dict.fromkeys(TIERS, 0)  # entries ever
        self.letters, self.totals, self.events, self.surprises = {}, Counter(), [], []
        self.gate, self.policy, self.last_letter = {}, None, (0, 0)
        self.line_ends = 0.0  # ms, of the limiter
        self.lease, self.old_lease, self.old_until = LEASE, 0, 0
        for call, now, who, args, answer in effects:
            self.now, self.who = now, who
            if (answer, call) == ("refused", "enqueue"):
                continue
            expected = getattr(self, call)(*args)
            if answer != expected:
                words = f"{who} was told {answer!r} by {call}{args}, instead of {expected!r}"
                self.surprises.append(Finding("wrong answer", words))

    # What the calls do.

    def enqueue(self, *jobs_and_marks):
        *jobs, marks = jobs_and_marks
        return tuple(self._enqueue(*job, *marks) for job in jobs)

    def _enqueue(self, id, tier, max_attempts, delay, low, high):
        if id in self.jobs:
            return 0
        depth, length = self._depth(tier), self._length(tier)
        if high:
            mine = f"{tier} {high}"
            room = depth < high and (mine not in self.gate or depth <= low)
            self.gate.pop(mine, None)
            if high - low > 1 and (not room or depth + 1 == high):
                self.gate[mine] = "closed"
            if not room:
                return "full", depth, self.added[tier] - length, self._ms_number()
        self.jobs[id] = job = Known(id, tier, max_attempts=max_attempts)
        if delay:
            self._delay(job, round(delay * 1000))
        else:
            self._wait(job)
        self._count("accepted", id)
        return 1

    def add(self, name, tier):
        """Somebody adds an entry that is no ticket."""
        self.jobs[name] = Known(name, tier)
        self._wait(self.jobs[name])

    def add_delayed(self, name, tier, due_ms):
        """The same, in the delayed set."""
        self.jobs[name] = Known(name, tier, "delayed", due=due_ms)

    def delete(self, id):
        """Somebody deletes a pending entry from its stream."""
        self.jobs[id].place = "gone"

    def fetch(self, tier, count, entries):
        self.consumers[tier].add(self.who)
        taken = self.line[tier][:count]
        self.line[tier] = self.line[tier][count:]
        for id, entry in zip(taken, entries, strict=False):
            job = self.jobs[id]
            job.place, job.consumer, job.entry, job.renewed = "pending", self.who, entry, self.now
        return tuple((id, self.jobs[id].attempt, bool(self.jobs[id].reaped)) for id in taken)

    def complete(self, *results):
        return tuple(self._complete(*result) for result in results)

    def _complete(self, tier, entry, id, attempt, result):
        if (job := self._mine(tier, entry)) is None:
            return self._before(id, entry)
        job.place = "done"
        job.told |= {"result": result, "settled": entry, "attempt": str(attempt), "worker": self.who}
        job.told["finished_ms"] = self._ms()
        self._count("done", id, entry, self.who)
        return SETTLED

    def heads(self):
        """What a policy needs to know. (Without a group nobody says how old its jobs are.)"""
        ages = [(tier, self.now - self.jobs[line[0]].since) for tier, line in self.line.items() if line]
        return self.policy, tuple((tier, age) for tier, age in ages if tier in self.grouped)

    def set_policy(self, name):
        self.policy = name

    def retry(self, tier, entry, id, delay_ms, error):
        if (job := self._mine(tier, entry)) is None:
            return self._before(id, entry)
        if job.place == "gone":
            self._bury(job, "malformed", "its entry was deleted while it ran", "", self.who)
            job.told["settled"] = entry
            return SETTLED
        self._remember(job, self.who, "retried", error)
        self._delay(job, delay_ms)
        job.attempt, job.reaped = job.attempt + 1, 0
        job.told |= {"settled": entry, "error": error}
        self._count("retried", id, entry, self.who)
        return SETTLED

    def bury(self, tier, entry, id, reason, error, traceback):
        if (job := self._mine(tier, entry)) is None:
            return self._before(id, entry)
        self._bury(job, reason, error, traceback, self.who, named=bool(id))
        if id:
            job.told["settled"] = entry
        return SETTLED

    def release(self, tier, entry, delay_ms, started):
        if (job := self._mine(tier, entry)) is None:
            return 0
        released, attempt = job.released + started, job.attempt
        attempt += started and released > job.max_attempts
        if not job.whole or attempt - job.lost > job.max_attempts:
            why = "released too often" if job.whole else "malformed"
            self._bury(job, why, "", "", self.who, named=job.whole)
            return 1
        job.released, job.attempt = released, attempt
        job.told["settled"] = entry
        if delay_ms:
            self._delay(job, delay_ms)
        else:
            self._wait(job)
        self._count("released", job.id, entry, self.who)
        return 1

    def set_lease(self, seconds):
        """A shorter one counts after one old lease, if there are workers."""
        old, self.lease, self.old_until = self._in_force(), seconds, 0
        if any(self.consumers.values()) and seconds < old:
            self.old_lease, self.old_until = old, self.now + old
        return max(0, self.old_until - self.now)

    def leases(self):
        """The lease, the one in force, and when it can first run out."""
        lease = self._in_force()
        left = [max(0, lease - (self.now - job.renewed)) for job in self._pending() if job.tier in self.grouped]
        return self.lease, lease, min([1, *left]) if left else None

    def stale(self, tier, lease):
        """What a reaper finds when it lists."""
        return tuple(sorted(job.entry for job in self._pending() if job.tier == tier and self._is_stale(job, lease)))

    def reap(self, tier, entry, lease_ms):
        job = self._at(tier, entry)
        if job is None or not self._is_stale(job, lease_ms / 1000):
            return 0
        consumer, silent, outcome = job.consumer, f"no heartbeat from {job.consumer} for a lease", 2
        most = 1 + 4 * (job.max_attempts - 1)
        job.lost += 1
        if job.whole:
            silent += f" (lost lease {job.lost} of {most})"
        if job.whole and job.lost < most:
            self._remember(job, consumer, "lease ran out", silent)
            job.attempt, job.reaped, outcome = job.attempt + 1, 1, 1
            self._wait(job)
        else:
            self._bury(job, "lease ran out" if job.whole else "malformed", silent, "", consumer, named=job.whole)
        self._count("reaped", "" if job.place == "lost" or job.id.startswith("?") else job.id, entry, consumer)
        return outcome

    def promote(self, limit):
        moved, due_next = 0, []
        for tier in TIERS:
            delayed = sorted((job.due, job.id) for job in self.jobs.values() if self._is(job, "delayed", tier))
            for due, id in [one for one in delayed if one[0] <= self._ms_number()][:limit]:
                delayed.remove((due, id))
                moved += 1
                if self.jobs[id].whole:
                    self._wait(self.jobs[id])
                    self._count("promoted", id)
                else:
                    self._bury(self.jobs[id], "malformed", "", "", "", named=False)
            due_next += [max(0, due - self._ms_number()) for due, _ in delayed[:1]]
        return moved, min(due_next, default=-1)

    def heartbeat(self, *addresses):
        mine = [self._mine(*address) for address in addresses]
        for job in filter(None, mine):
            job.renewed = self.now
        return self.lease, tuple(job is not None for job in mine)

    def forget(self, consumer, idle_ms):
        """Consumers are never silent for long in the explorer."""
        idle = [tier for tier in TIERS if consumer in self.consumers[tier] and not self._holds(consumer, tier)]
        for tier in idle if idle_ms == 0 else ():
            self.consumers[tier].remove(consumer)
        return len(idle) if idle_ms == 0 else 0

    def mourn(self):
        """What is found when somebody lists the dead letters."""
        return tuple(self.letters)

    def replay(self, id):
        letter = self.letters.get(id)
        if letter is None or not letter.whole:
            return 0 if letter is None else -1
        job = self.jobs[letter.job]
        job.attempt, job.reaped, job.released, job.lost = 1, 0, 0, 0
        job.told["replays"] = str(int(job.told.get("replays", 0)) + 1)
        self._wait(job)
        self._count("replayed", job.id, id)
        del self.letters[id]
        return 1

    def discard(self, id):
        letter = self.letters.pop(id, None)
        if letter is None:
            return False
        if self.jobs[letter.job].place != "lost":
            del self.jobs[letter.job]
        self._count("discarded", letter.says[0], id)
        return True

    def cancel(self, id):
        job = self.jobs.get(id)
        if job is None or job.place not in ("waiting", "delayed"):
            return False
        if job.place == "waiting":
            self.line[job.tier].remove(id)
        job.place = "cancelled"
        self._count("cancelled", id)
        return True

    def limit(self, rate, room):
        """Milliseconds until a place in the line comes up; if the line is full, minus those until it isn't."""
        mine = max(self.now * 1000, self.line_ends)
        wait, apart = mine - self.now * 1000, 1000 / rate
        if wait > room * apart:
            return -math.ceil(wait - room * apart)
        self.line_ends = mine + apart
        return math.ceil(wait)

    def lose_group(self, tier):
        """What FLUSHALL or an eviction would do to a group; what was pending waits."""
        lost = sorted((job for job in self._pending() if job.tier == tier), key=lambda job: job.entry)
        self.line[tier][:0] = [job.id for job in lost]
        for job in lost:
            job.place = "waiting"
        self.consumers[tier] = set()
        self.grouped.remove(tier)

    def regroup(self, tier):
        self.grouped.add(tier)

    def look(self, ids):
        """What the queue says of itself: (its counts, the age of each tier's oldest waiting job, each job's state)."""
        counts = tuple(self._counts(tier) for tier in TIERS)
        totals = tuple(self.totals[name] for name in COUNTED[1:])
        states = tuple(self._state(id) for id in ids)
        return counts, (len(self.letters), *totals), self.heads()[1], states

    # How they do it.

    def _state(self, id) -> str | None:
        job = self.jobs.get(id)
        return job and {"gone": "pending"}.get(job.place, job.place)

    def _counts(self, tier: str) -> tuple[int, int, int]:
        """(waiting, pending, delayed) as a snapshot has them: what somebody deleted while it was pending hides one that
        waits, because both are told from the length of the stream."""
        pending, delayed = (sum(self._is(job, at, tier) for job in self.jobs.values()) for at in ("pending", "delayed"))
        return max(0, self._length(tier) - pending), pending, delayed

    def _length(self, tier: str) -> int:
        """Of the stream: who waits, and who is pending if nobody deleted the entry."""
        return sum(job.tier == tier and job.place in ("waiting", "pending") for job in self.jobs.values())

    def _depth(self, tier: str) -> int:
        return self._length(tier) + sum(self._is(job, "delayed", tier) for job in self.jobs.values())

    def _is(self, job: Known, place: str, tier: str) -> bool:
        return job.tier == tier and {"gone": "pending"}.get(job.place, job.place) == place

    def _pending(self) -> list[Known]:
        return [job for job in self.jobs.values() if job.place in ("pending", "gone")]

    def _at(self, tier, entry) -> Known | None:
        return next((job for job in self._pending() if (job.tier, job.entry) == (tier, entry)), None)

    def _mine(self, tier, entry) -> Known | None:
        job = self._at(tier, entry)
        return job if job and job.consumer == self.who else None

    def _holds(self, consumer, tier) -> bool:
        return any((job.consumer, job.tier) == (consumer, tier) for job in self._pending())

    def _before(self, id, entry) -> int:
        return SETTLED_BEFORE if id in self.jobs and self.jobs[id].told.get("settled") == entry else LOST

    def _in_force(self) -> int:
        return max(self.lease, self.old_lease) if self.now < self.old_until else self.lease

    def _is_stale(self, job: Known, lease: float) -> bool:
        return self.now - job.renewed >= lease

    def _wait(self, job: Known, since=None) -> None:
        job.place, job.since = "waiting", self.now if since is None else since
        self.line[job.tier].append(job.id)
        self.added[job.tier] += 1

    def _delay(self, job: Known, delay_ms: int) -> None:
        job.place, job.due = "delayed", self._ms_number() + delay_ms
        job.told["due_ms"] = str(job.due)

    def _remember(self, job: Known, worker, outcome, error) -> None:
        job.history.append((job.attempt, worker, outcome, error[:200], self._ms_number()))

    def _bury(self, job: Known, reason, error, traceback, worker, named=True) -> None:
        """Into the dead letters; `named` if whoever does it knows whose entry that was."""
        entry, id = "" if job.place == "delayed" else job.entry, job.id if named else ""
        whole = job.whole
        if whole and named:
            self._remember(job, worker, reason, error)
        # A deleted entry takes its job's name along; only who ran it still knows.
        job.place = "dead" if named or job.id.startswith("?") else "lost"
        milliseconds, number = self.last_letter
        self.last_letter = self._ms_number(), number + 1 if milliseconds == self._ms_number() else 0
        says = id, job.tier, entry, reason, error, traceback, worker
        self.letters["{}-{}".format(*self.last_letter)] = Letter(job.id, says, whole and named)
        if named:
            job.told |= {"reason": reason, "error": error}
        else:
            self.totals["foreign"] += 1
        self._count("dead", id, entry, worker)

    def _count(self, total: str, id="", entry="", worker="") -> None:
        self.totals[total] += 1
        self.events.append((total, id, entry, worker))

    def _ms_number(self) -> int:
        return (1_700_000_000 + self.now) * 1000

    def _ms(self) -> str:
        return str(self._ms_number())


def as_told(view: View) -> list[Finding]:
    """At every instant: the world is what the programs were told, and they were told what they should be.

    Not if they were deceived: a lost reply, or one that answers only the second of two calls.
    """
    if any(fault in DECEIVING for fault in view.faults):
        return []
    model, census = Model(view.effects), Census(view.content)
    found = list(model.surprises)
    for name, is_, meant in (
        ("who waits", census.line, model.line),
        ("the consumers", census.consumers, model.consumers),
        ("the totals", census.totals, model.totals),
        ("the letters", _letters(census), {id: letter.says for id, letter in model.letters.items()}),
        ("the gates", census.gate, model.gate),
        ("the events", _events(census), model.events if census.events else []),
        ("the places", _places(census), {id: _place(job) for id, job in model.jobs.items()}),
        ("the hashes", _hashes(census), {id: job.told for id, job in model.jobs.items() if id in census.hashes}),
        ("the histories", _histories(census), {id: model.jobs[id].history for id in census.history}),
    ):
        if is_ != meant:
            found.append(Finding(f"{name} differ", _difference(is_, meant)))
    return found


def _difference(is_, meant) -> str:
    if isinstance(is_, dict) and isinstance(meant, dict):
        keys = [key for key in {**is_, **meant} if is_.get(key) != meant.get(key)]
        return "; ".join(f"{key}: {is_.get(key)}, meant: {meant.get(key)}" for key in keys)
    return f"{is_}, meant: {meant}"


def _letters(census: Census) -> dict:
    names = ("id", "tier", "entry", "reason", "error", "traceback", "worker")
    told = zip(census.letter_ids, census.letters, strict=True)
    return {id: tuple(letter[name] for name in names) for id, letter in told}


def _places(census: Census) -> dict:
    seen = {}
    for id, places in census.places.items():
        if places and (places[0].ticket or not id.startswith("?")):  # a letter of a deleted entry has no more
            at = places[0]
            numbers = {
                name: int(at.ticket.get(name) or 0)
                for name in ("attempt", "max_attempts", "reaped", "released", "lost")
            }
            whole = at.place in ("waiting", "pending", "delayed") and not id.startswith("?")
            more = tuple(numbers.values()) if whole else ()
            seen[id] = (at.place, at.tier, at.consumer, at.due, more, at.ticket.get("body") if whole else None)
    return seen | dict.fromkeys(set(census.hashes) - set(seen), ("lost",))


def _place(job: Known) -> tuple:
    if job.place == "lost":
        return ("lost",)
    whole = job.place in ("waiting", "pending", "delayed") and job.whole
    more = (job.attempt, job.max_attempts, job.reaped, job.released, job.lost) if whole else ()
    consumer = job.consumer if job.place in ("pending", "gone") else ""
    due = job.due if job.place == "delayed" else 0
    return (job.place, job.tier, consumer, due, more, body_of(job.id) if whole else None)


def body_of(id: str) -> str:
    """The body of every job of that id: what scripts must carry along untouched."""
    return f'{{"task":"t","payload":["{id}",[],12345678901234567890],"timeout":60.0,"enqueued_at":0.0}}'


def _hashes(census: Census) -> dict:
    where = {"state", "tier", "entry", "history"}
    return {
        id: {name: value for name, value in told.items() if name not in where} for id, told in census.hashes.items()
    }


def _histories(census: Census) -> dict:
    names = ("attempt", "worker", "outcome", "error", "ended_ms")
    return {id: [tuple(line[name] for name in names) for line in lines] for id, lines in census.history.items()}


def _events(census: Census) -> list:
    return [tuple(event[name] for name in ("event", "id", "entry", "worker")) for event in census.events[1:]]
