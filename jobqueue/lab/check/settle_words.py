"""Naming what is wrong with a settle_failure: from what was found, and from the shape of the shortest schedule."""

from jobqueue.lab.check.settle_worlds import DEAD, GROUP, STREAM
from jobqueue.lab.check.story import before, entries, is_pending, name, struck
from jobqueue.lab.check.verdict import Idea, Remark
from jobqueue.lab.explorer import Problem, Report, Schedule

#: Of every bug: its id in the catalogue of failures, and what it means. The facts are put before it.
MEANS = {
    "ack-then-bury": ("F20", "the job is gone: not pending, not waiting, and not in the dead-letter stream either."),
    "ack-then-requeue": ("F20", "the job is gone: it is not pending any more, and nothing of it is waiting."),
    "adds-twice": (None, "One failed attempt, one new entry."),
    "attempt-not-counted": ("F22", "A job that always fails is tried for ever: its attempts are never used up."),
    "attempt-wrong": ("F22", "Each failure uses up one attempt."),
    "both": (None, "It will be tried again, and somebody will be told that it is dead."),
    "changes-fields": (None, "All fields must come along, or the next worker gets another job."),
    "compares-text": (
        "F22",
        "`attempt` and `max_attempts` are compared as texts: there, '9' comes after '10'.",
    ),
    "counts-deliveries": (
        "F16",
        "How often an entry was delivered is not how often its job was tried: each attempt has an entry of its own.",
    ),
    "delete-then-bury": ("F20", "the job is gone: what there was to do stood in the entry, which is deleted."),
    "delete-then-requeue": (
        "F20",
        "the job is gone: its row is still in the PEL, but what there was to do stood in the entry, which is deleted.",
    ),
    "error-missing": (None, "Whoever looks at it will want to know."),
    "gives-up-on-conflict": (None, "Somebody else was at work on the stream: a conflict says no more than that."),
    "gone": ("F20", "Nobody will ever be given that job."),
    "hard-coded-names": (None, "Use the names it is given: a worker serves more than one stream."),
    "ignores-max-attempts": ("F22", "How often a job may be tried is up to `max_attempts`."),
    "lock-left-behind": ("F28", "It outlives whoever set it, and keeps the job from ever being settled."),
    "lost-to-the-reaper": ("F24", "What it removed was not its own any more."),
    "lost-when-repeated": (
        "F59",
        "the second call takes the first for done, and removes the old entry: the job is gone. A mark that something "
        "was begun does not say that it was finished.",
    ),
    "never-dies": ("F22", "A job that always fails is tried for ever. Nobody is told."),
    "no-retry": (None, "Attempts were left, and it was buried."),
    "not-acknowledged": (
        "F04",
        "The entry is deleted, but its row stays pending: each reaper meets it, and finds nothing to requeue.",
    ),
    "not-deleted": (
        "F02",
        "Acknowledging deletes a row of the PEL, not the entry. Nobody will ever delete this one: the stream grows for "
        "good, and XLEN is no depth.",
    ),
    "not-in-dead": (None, f"The dead of the stream `{STREAM}` belong into the stream `{DEAD}`."),
    "not-settled": (
        "F10",
        "The failure is forgotten: until its lease passes, nobody knows that this job needs anyone.",
    ),
    "old-stays": (
        "F22",
        "When its lease has passed, a reaper requeues the old one too. The job multiplies.",
    ),
    "one-attempt-too-few": ("F22", "The last attempt is never made."),
    "one-attempt-too-many": ("F22", "It was the last that was allowed."),
    "only-when-equal": (
        "F22",
        "It stops at the limit, not beyond it. A job can be beyond it: the limit was lowered, or a reaper counted.",
    ),
    "stuck": ("F10", "It is still there, and nobody is given it."),
    "swallows-errors": ("F46", "it does not mind, and removes the old entry: the job is gone."),
    "touches-others": (None, "A worker settles its own entry, and no other."),
    "two-at-once": (None, "Each had only its own job to settle."),
    "wrong-threshold": ("F22", "A job is tried again while `attempt` is below `max_attempts`."),
}

REMARKS = {
    "duplicated": "If it dies or loses a reply after adding the new entry and before the old one is gone, the job is "
    "in two places, and runs twice. At-least-once allows it: a duplicate beats a loss.",
    "leftover": "A worker that dies between `XACK` and `XDEL` leaves an entry that nobody will ever delete: `XLEN` "
    "counts it for good (F01).",
    "reaped": "When the lease had passed and a reaper has requeued the job already, it is added once more, and runs "
    "twice: nobody asked whether the entry was still one's own (F24).",
    "half a script": "If Redis is out of memory, it stops half-way: what it removed is gone, and what it wanted to add "
    "is refused. Neither an error in Lua nor one in a pipeline undoes what came before it (F41, F46).",
    "fields changed": "It changes `fields`, the caller's dict. If the call is repeated, it starts from other fields.",
    "leaks": "When a reply is lost, it returns while another of its commands is still under way.",
    "objects": "When the entry is no longer pending, it raises {}. That is allowed; the caller must expect it.",
}


def named(problem: Problem, report: Report) -> Idea | Remark | None:
    """One call, or one after the other, without faults."""
    if problem.kind == "fields changed":
        return Remark(REMARKS["fields changed"])
    if problem.kind == "threshold":
        return _threshold(dict(item.split(": ") for item in problem.message.split(", ")))
    if problem.kind == "buried":
        return _idea("no-retry", "Attempt 1 of 3 failed.")
    if problem.kind == "tried again":
        return _idea("one-attempt-too-many", "Attempt 3 of 3 failed, and it is tried again.")
    return _idea(problem.kind, problem.message) if problem.kind in MEANS else None


def of_delivered(problem: Problem, report: Report) -> Idea | Remark | None:
    """Attempt 1, delivered four times."""
    if problem.kind in ("buried", "attempt-wrong"):
        return _idea("counts-deliveries", "Attempt 1 of 3 failed; its entry had been delivered four times.")
    return named(problem, report)


def of_two(problem: Problem, report: Report) -> Idea | None:
    if problem.kind == "raised" and "WatchError" in problem.message:
        facts = "Two workers at once, and one settles nothing, but raises WatchError. Its job is pending as before."
        return _idea("gives-up-on-conflict", facts)
    if problem.kind == "muddled":
        return _idea("two-at-once", f"Two workers at once settle job 1 (attempt 1 of 3) and job 2 (attempt 3 of 3): in "
                                    f"the end there is {problem.message}.")  # fmt: skip
    return None


def of_faults(problem: Problem, report: Report) -> Idea | Remark | None:
    """One call, and one fault."""
    if problem.kind in ("duplicated", "leftover"):
        return Remark(REMARKS[problem.kind], doubles=problem.kind == "duplicated")
    if problem.kind == "leaks a task" and problem.faults:
        return Remark(REMARKS["leaks"])
    if problem.kind == "objects":
        return Remark(REMARKS["objects"].format(problem.message))
    if problem.kind == "stuck":
        return _idea("stuck", f"A worker died, or lost a reply, half-way: {problem.message}.")
    if problem.kind in ("endless", "hangs") and problem.faults:
        return _idea("lock-left-behind", "Something that was set before a reply was lost stays behind.")
    return _lost(problem.schedule) if problem.kind == "lost" else None


def of_reaper(problem: Problem, report: Report) -> Idea | Remark | None:
    """A reaper at the same time."""
    if problem.kind == "duplicated":
        return Remark(REMARKS["reaped"], doubles=True)
    if problem.kind == "lost" and not problem.faults:
        return _idea("lost-to-the-reaper", f"The lease had passed, and a reaper was quicker: {problem.message}.")
    return of_faults(problem, report)


def _threshold(went: dict[str, str]) -> Idea:
    """Which of the table's jobs went the wrong way: what do they have in common?"""
    wrong = [key for key, place in went.items() if place != ("again" if _below(key) else "dead")]
    ends = [key for key in went if not _below(key)]
    nowhere = next((key for key in wrong if went[key] in ("elsewhere", "nowhere")), None)
    if nowhere:
        bug = "gone" if went[nowhere] == "nowhere" else "not-in-dead"
        where = "nothing of the job is left" if bug == "gone" else "the job is neither in the stream nor dead"
        return _idea(bug, f"Attempt {nowhere} failed, and {where}.")
    if wrong == ends:
        return _idea("never-dies", "Attempts 3 and 5 of 3 and 1 of 1 fail, and all of them are tried again.")
    known = {
        ("3 of 3", "1 of 1"): ("one-attempt-too-many", "Attempt 3 of 3 failed, and it is tried again."),
        ("5 of 3",): ("only-when-equal", "Attempt 5 of 3 failed, and it is tried again."),
        ("2 of 3", "9 of 10"): ("one-attempt-too-few", "Attempt 2 of 3 failed, and it is dead."),
        ("2 of 10", "9 of 10"): ("compares-text", "Attempt 2 of 10 failed, and it is dead."),
        ("9 of 10", "10 of 12", "1 of 1"): ("ignores-max-attempts", "Attempt 9 of 10 failed, and it is dead; 1 of 1, "
                                                                    "and it is tried again."),
    }  # fmt: skip
    if tuple(wrong) in known:
        return _idea(*known[tuple(wrong)])
    if {"9 of 10", "10 of 12"} <= set(wrong):
        return _idea("ignores-max-attempts", "Attempt 9 of 10 failed, and it is dead.")
    places = {"again": "tried again", "dead": "buried"}
    return _idea("wrong-threshold", f"Attempt {wrong[0]} failed, and it is {places[went[wrong[0]]]}.")


def _below(key: str) -> bool:
    attempt, limit = map(int, key.split(" of "))
    return attempt < limit


def _idea(bug: str, facts: str) -> Idea:
    failure, means = MEANS[bug]
    return Idea(bug, f"{facts} {means}", failure)


def _lost(schedule: Schedule) -> Idea | Remark:
    """A fault struck, and the job is gone: which of its traces went first?"""
    at, frame = struck(schedule)
    last = frame if frame.command else before(schedule, at)
    did = f"`{name(last)}`" if last else "its first command"
    start = schedule.frames[0].content
    old, fields = next(iter(entries(start, STREAM).items()))
    if frame.choice.kind == "refuse_memory":
        halves = any(("in a pipeline",) in step.effects for step in schedule.frames) or name(frame) == "script"
        words = f"If Redis is out of memory at {did},"
        return Remark(REMARKS["half a script"]) if halves else _idea("swallows-errors", words)
    what = "requeue" if fields["attempt"] == "1" else "bury"
    when = f"If the worker dies right after {did},"
    if frame.choice.kind == "lose_reply":
        when = f"If the reply to {did} is lost,"
    if old in entries(frame.content, STREAM) and is_pending(frame.content, STREAM, GROUP, old):
        return _idea("lost-when-repeated", f"{when[:-1]} and the worker calls again,")
    kind = "delete" if is_pending(frame.content, STREAM, GROUP, old) else "ack"
    return _idea(f"{kind}-then-{what}", when)
