"""What must hold when jobs are enqueued, and what it is called when it does not."""

from collections import defaultdict

from jobqueue.lab.check.verdict import Idea, Remark
from jobqueue.lab.explorer import Finding

STREAM, GROUP = "orders", "crew"  # not those of the lessons, so that hard-coded names show

#: Cases in which a lone producer finds no room.
NO_ROOM = ("flood", "full", "lowered", "long", "watched", "refusals")

FAULTS = {
    "crash": "a producer died",
    "lose_reply": "the reply to a command was lost",
    "pass_time": "a producer stood still for 30 s",
    "refuse_memory": "Redis refused a command for lack of memory",
}


def never_over(capacity, view):
    """At every instant: no more entries than the capacity, unless it began with more."""
    depth, allowed = len(_entries(view)), max(capacity, len(_entries(view, "start")))
    words = f"the queue holds {depth} jobs, and its capacity is {capacity}"
    return None if depth <= allowed else Finding("over capacity", words)


def books(capacity, room, view):
    """At the end: compare what each call said with what is there. Of several failures the most telling one.

    room: how many of the calls must have been accepted; None where that depends on the order.
    """
    if room is not None and any(outcome.startswith("raised") for outcome in view.outcomes.values()):
        return []  # it never came to an answer: that is what is wrong
    found = _found(view)
    said = {effect[1]: effect for effect in view.effects if effect[0] in ("enqueued", "refused", "returned")}
    tried = [effect[1] for effect in view.effects if effect[0] == "enqueue"]
    failures = [
        *_elsewhere(view),
        *_waiting(view, found, tried),
        *(finding for job in tried if (finding := _answer(job, said.get(job), found[job], view))),
        *([over] if (over := never_over(capacity, view)) else []),
        *_room(room, said),
        *_later(view),
    ]
    twice = [job for job in tried if len(found[job]) > 1]
    mild = [Finding("duplicated", f"job {job} was added {len(found[job])} times") for job in twice]
    kinds = [effect[0] for effect in view.effects]
    for kind, words in (("own class", "a class of its own"), ("fields changed", "the caller's dict changed")):
        mild += [Finding(kind, words)] * (kind in kinds)
    return sorted(failures, key=lambda finding: ORDER.index(finding.kind))[:1] + mild


#: Failures by how much they tell: with several at once, the first is shown.
ORDER = ["elsewhere", "trimmed", "refused as", "unknown", "added, refused", "not added", "nothing", "fields",
         "wrong id", "no id", "over capacity", "no answer", "no room", "refused"]  # fmt: skip


def _entries(view, when="content") -> dict:
    stream = getattr(view, when).streams.get(STREAM)
    return stream.entries if stream else {}


def _found(view) -> dict[str, list[str]]:
    """The entry ids of each job: now in the stream, or seen there before the healthy one settled everything."""
    found = defaultdict(list)
    for entry_id, fields in _entries(view).items():
        found[fields.get("id")].append(entry_id)
    for effect in view.effects:
        if effect[0] == "found":
            found[effect[1]].append(effect[2])
    return found


def _elsewhere(view):
    for key, value in view.content.streams.items():
        if key != STREAM and value.entries:
            yield Finding("elsewhere", f"`{key}`, and not to `{STREAM}`")


def _waiting(view, found, tried):
    settled = {effect[1] for effect in view.effects if effect[0] == "settled"}
    ids = {fields["id"] for fields in _entries(view, "start").values()}
    for job in sorted(ids - set(found) - settled):
        yield Finding("trimmed", f"job {job} was waiting or being worked on, and is no longer in the queue")
    if any(not str(job).startswith("later") for job in found.keys() - ids - set(tried)):
        yield Finding("unknown", "the stream holds an entry without the fields it was called with")


def _answer(job, said, ids, view) -> Finding | None:
    """What one call said, against what became of its job."""
    refused_as = next((effect for effect in view.effects if effect[:2] == ("refused as", job)), None)
    settled = ("settled", job) in view.effects
    if refused_as:
        return Finding("refused as", refused_as[2])
    if said is None:
        return None
    if said[0] == "refused":
        return Finding("added, refused", f"job {job} was refused, and added all the same") if ids else None
    if not ids and not settled:
        words = f"job {job} was answered with {said[2]}, and is not in the queue"
        return Finding("not added", words) if said[0] == "enqueued" else Finding("nothing", said[2])
    if said[0] == "returned":
        return Finding("no id", said[2])
    if said[2] not in ids and not settled:
        return Finding("wrong id", f"it returned {said[2]}, and its entry is {ids[0]}")
    wanted = {"id": job, "task": "resize"}.items()
    if any(not wanted <= _entries(view)[entry_id].items() for entry_id in ids if entry_id in _entries(view)):
        return Finding("fields", f"job {job} was added with other fields than it was given")
    return None


def _room(room, said):
    accepted = sum(1 for effect in said.values() if effect[0] != "refused")
    if room is not None and accepted < min(room, len(said)):  # who was not answered never began
        yield Finding("refused", f"{accepted} of {len(said)} jobs accepted, and there was room for {room}")


def _later(view):
    for effect in view.effects:
        if effect[0] == "no answer":
            yield Finding("no answer", "the next call never came to an answer")
        if effect[0] == "no room":
            yield Finding("no room", f"with the queue empty again, the next call raised {effect[2]}")


# Names.


def name(kind, problem, report):
    """The Idea, or the Remark, for one problem of a case of this `kind`."""
    fault = problem.faults[0] if problem.faults else None
    if fault == "pass_time" and problem.kind in ("over capacity", "raised"):
        return STANDSTILL
    if problem.kind == "duplicated":
        return Remark(f"When {FAULTS[fault]}, a job may be added twice. At-least-once allows it.") if fault else TWICE
    if problem.kind == "own class":
        return OWN_CLASS
    if problem.kind == "fields changed":
        return FIELDS_CHANGED
    if problem.kind == "leaks a task" and fault:
        return LEAKS
    if problem.kind == "raised":
        return CONFLICT if "WatchError" in problem.message and not fault else None
    if problem.kind in ("endless", "hangs", "no answer"):
        return _left_behind(problem, fault) if fault else WAITS if kind in NO_ROOM else None
    return _after(problem, fault) if fault in FAULTS else _without(kind, problem)


def _without(kind, problem):
    """Order alone does it."""
    seen, words = problem.kind, problem.message
    if seen == "over capacity":
        return _over(kind, problem)
    if seen == "refused":
        return _refused(kind, problem)
    if seen == "trimmed" or (seen == "not added" and _was_there(problem)):
        return TRIMS
    if seen in ("not added", "nothing") and kind in ("race", "worker"):
        return IGNORES
    simple = {
        "elsewhere": Idea("hard-coded-names", f"It adds to {words}, as it was told: it serves more than one stream."),
        "nothing": _silent(words) if kind != "first" else NOT_ADDED,
        "not added": _silent(words.partition("answered with ")[2].partition(",")[0]) if kind in NO_ROOM else NOT_ADDED,
        "added, refused": REFUSES_YET_ADDS,
        "unknown": FIELDS,
        "fields": FIELDS,
        "refused as": Idea("wrong-error", f"The queue was full, and it raised {words}. Callers wait for "
                                          "QueueFullError."),
        "wrong id": Idea("wrong-id", f"It returns something else than the id of the entry it added: {words}."),
        "no id": Idea("returns-no-id", f"The job is in the queue, but the call returned {words}: the caller does not "
                                       "learn the entry's id."),
    }  # fmt: skip
    return simple.get(seen)


def _silent(answer):
    words = (
        f"There was no room, and it returned `{answer}`, as from any call. The caller believes its job was accepted."
    )
    return Idea("refuses-silently", words)


def _over(kind, problem):
    if kind == "flood":
        if any(word in frame.command for frame in _frames(problem) for word in ("MAXLEN", "MINID", "XTRIM")):
            return TRIMS
        accepted = sum(1 for frame in _frames(problem) for effect in frame.effects if effect[0] == "enqueued")
        return NO_LIMIT if accepted > 3 else ONE_TOO_MANY
    if kind in ("race", "worker"):
        return _check_then_add(problem)
    return {"full": PENDING_UNCOUNTED, "lowered": ONLY_WHEN_EQUAL, "watched": ADDS_THEN_CHECKS, "settling": DRIFTS}.get(
        kind, COUNTS_A_PART
    )


def _refused(kind, problem):
    if kind == "flood" or kind == "first":
        accepted = any(effect[0] == "enqueued" for frame in _frames(problem) for effect in frame.effects)
        return ONE_TOO_FEW if accepted else NEVER_ACCEPTS
    return {
        "one place": PENDING_TWICE,
        "settling": NOT_RETURNED,
        "refusals": REFUSALS_STICK,
        "race": CONFLICT,
        "tenth": COMPARES_TEXT,
    }.get(kind, COUNTS_A_PART)


def _after(problem, fault):
    """It took a fault."""
    when = FAULTS[fault]
    if problem.kind == "no room":
        return _left_behind(problem, fault)
    if problem.kind == "added, refused":
        return RETRIED if _went_on(problem) else Idea(
            "full-on-any-error", f"{when.capitalize()}, and it raised QueueFullError, though the job was added: the "
            "caller will offer it again, or give it up. \"Full\" and \"I do not know\" are different answers.", "F44",
        )  # fmt: skip
    if problem.kind == "trimmed":
        return TRIMS
    if fault == "crash":
        return Idea("over-after-crash", f"After a producer died half-way, {problem.message}.")
    what = {
        "over capacity": "and it added the job although there was no room",
        "not added": "and it returned as if the job had been added",
        "nothing": f"and it returned {problem.message}, as if all were well; the job is not in the queue",
    }.get(problem.kind, f"and {problem.message}")
    if problem.kind in ("wrong id", "no id"):
        what = "and it returned something else than the entry's id, as if nothing had happened"
    return Idea("swallows-errors", f"{when.capitalize()}, {what}. An error was caught, and nobody hears of it.", "F44")


def _left_behind(problem, fault):
    when = FAULTS[fault]
    locks = any(" NX" in f"{frame.command.upper()} " or "SETNX" in frame.command for frame in _frames(problem))
    if problem.kind != "no room" or locks:
        return Idea(
            "lock-left-behind",
            f"{when.capitalize()} half-way, and something it had set stayed behind: five minutes later everybody "
            "still waits for it, or is turned away. Who dies does not clear up.", "F28",
        )  # fmt: skip
    return Idea(
        "count-drifts",
        f"{when.capitalize()} half-way. Later every job is settled and the queue is empty, and yet it refuses "
        "before the capacity is reached: what it counts is no longer what is there.", "F45",
    )  # fmt: skip


def _check_then_add(problem):
    frames = _frames(problem)
    last = frames[-1] if frames else None
    mine = [frame.command.split()[0] for frame in frames if last and frame.lane == last.lane and frame.command]
    between = f"between the `{mine[-2]}` and the `{mine[-1]}` of one, " if len(mine) > 1 else ""
    return Idea(
        "check-then-add",
        f"Two at once: {between}the other added its job. Each had seen room for one. Now {problem.message}.", "F43",
    )  # fmt: skip


def _frames(problem):
    return [frame for frame in problem.schedule.frames if frame.phase == "schedule"] if problem.schedule else []


def _was_there(problem) -> bool:
    """Was the job that is missing now ever in the stream?"""
    job = problem.message.split()[1]
    streams = [frame.content.streams.get(STREAM) for frame in _frames(problem)]
    return any(fields.get("id") == job for stream in streams if stream for fields in stream.entries.values())


def _went_on(problem) -> bool:
    """Did the lane that was struck send anything after that?"""
    frames = _frames(problem)
    at = next(at for at, frame in enumerate(frames) if frame.choice.is_fault)
    return any(frame.lane == frames[at].lane and frame.command for frame in frames[at + 1 :])


STANDSTILL = Remark(
    "If a producer stands still for 30 s in the middle, the queue can end up over its capacity: whatever keeps the "
    "others out expires before it wakes up."
)
LEAKS = Remark("When a reply is lost, it returns while another of its commands is still under way.")
OWN_CLASS = Remark("It raises a QueueFullError of its own. Callers of the kit catch the one from `jobqueue`.")
FIELDS_CHANGED = Remark("It changes the dict it was given. The caller may still need it as it was.")
RETRIED = Remark("When a reply is lost, it tries again, and may report a full queue though its first try was added.")
TWICE = Idea("adds-twice", "One call added the same job twice.")
TRIMS = Idea(
    "trims-jobs",
    "To make room, it deleted jobs that were accepted before and that nobody has run. They are gone without a word.",
    "F03",
)
NO_LIMIT = Idea("no-limit", "Five jobs were offered to a queue with two places, and all were added. Nothing stops it.")
ONE_TOO_MANY = Idea("one-too-many", "It accepts one job more than the capacity: it compares with the wrong edge.")
ONE_TOO_FEW = Idea("one-too-few", "It refuses the job for the last place: it compares with the wrong edge.")
NEVER_ACCEPTS = Idea("never-accepts", "It refuses the first job, although the queue is empty.")
ONLY_WHEN_EQUAL = Idea(
    "only-when-equal",
    "The queue held more jobs than its capacity, and it added one more: it refuses at the limit, not beyond it. "
    "A queue can be beyond it: the capacity was lowered, or jobs came back for another attempt.",
)
PENDING_UNCOUNTED = Idea(
    "counts-only-waiting",
    "The queue was full with jobs waiting and jobs being worked on, and it added one more. What a worker holds takes a "
    "place until it is settled.",
    "F01",
)
PENDING_TWICE = Idea(
    "counts-pending-twice",
    "One place was left, and it refused: a job that is being worked on is still an entry of the stream, so it was "
    "counted twice.",
    "F01",
)
COMPARES_TEXT = Idea(
    "compares-text", "It holds 9 jobs, its capacity is 10, and it refuses: as texts, '9' comes after '10'."
)
COUNTS_A_PART = Idea("counts-a-part", "With 250 jobs in the queue it does not know how many there are.")
ADDS_THEN_CHECKS = Idea(
    "adds-then-checks",
    "It adds first and takes back what was too much. For a moment the queue is over its capacity, and a worker may "
    "already have read the job that the caller is told was refused.",
    "F43",
)
NOT_RETURNED = Idea(
    "room-not-returned",
    "A job was settled, so its place was free, and yet the next one was refused: it counts jobs that are no longer "
    "there. Such a queue closes for good after so many jobs ever.",
    "F01",
)
DRIFTS = Idea("count-drifts", "What it counts is no longer what is in the stream.", "F45")
REFUSALS_STICK = Idea(
    "refusals-stick",
    "Jobs were refused, then one was settled, and yet the next one was refused: what a refusal leaves behind, a count "
    "or a flag, outlives its reason.",
    "F45",
)
CONFLICT = Idea(
    "gives-up-on-conflict",
    "Two producers at once, room for both, or for one of them: and one got an answer that is not true, only because "
    "the other came in between. A conflict does not mean that the queue is full.",
)
IGNORES = Idea(
    "ignores-conflict",
    "Two producers at once: one was answered as if its job had been added, but it is not in the queue. What it sent "
    "was not carried out, because the other came in between, and it did not look.",
)
WAITS = Idea(
    "waits-for-room",
    "There was no room, and it tries again and again, without end. Whoever calls is to be told, and to decide for "
    "itself.",
)
NOT_ADDED = Idea("not-added", "It returned as if the job had been accepted, but no entry was added.")
REFUSES_YET_ADDS = Idea(
    "refuses-yet-adds", "It raised QueueFullError, but the job was added all the same, and will be run."
)
FIELDS = Idea("changes-fields", "The entry it added does not carry the fields it was given, unchanged.")
