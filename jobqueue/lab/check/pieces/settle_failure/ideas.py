"""The wrong ideas about settling a failed attempt, and how the table or the shortest schedule tells which one it is."""

from jobqueue.explorer import Problem, Schedule
from jobqueue.lab.check.ideas import Ideas, Remarks
from jobqueue.lab.check.pieces.settle_failure.judge import DEAD, QUEUE
from jobqueue.lab.check.story import frames, left_lock, strike
from jobqueue.lab.check.verdict import Idea, Remark

IDEAS = Ideas("""
ack-then-bury (F20): Your function acknowledges the job before it's in the dead-letter stream. {} the job is gone: not
    pending, not waiting, and not dead either.
ack-then-requeue (F20): Your function acknowledges the job before the new entry is there. {} the job is gone: it's
    neither pending nor waiting.
adds-twice: So one failed attempt makes two jobs.
attempt-not-counted (F22): So a job that always fails is tried forever: its attempts never run out.
attempt-wrong (F22): Each failure uses up one attempt. So jobs get more attempts than they should, or fewer.
backoff-by-sleeping (F54): Your function waits by itself. {} So its worker keeps its place and the job's lease while it
    does nothing, and a reaper may take the job meanwhile.
both: So it's tried again, and at the same time somebody is told that it's dead.
changes-fields: So the next worker gets another job than the one that was enqueued.
compares-text (F22): Your function compares `attempt` and `max_attempts` as texts, and there '2' comes after '10'. So
    attempt 2 of 10 failed, and the job is dead.
counts-deliveries (F16): Attempt 1 of 3 failed, and its entry had been delivered four times. Your function counts the
    deliveries, but each attempt has an entry of its own. So the job gets fewer attempts than it should.
delete-then-bury (F20): Your function deletes the old entry before the job is in the dead-letter stream. {} the job is
    gone: everything there was to do stood in that entry.
delete-then-requeue (F20): Your function deletes the old entry before the new one is there. {} the job is gone: its row
    is still in the pending list, but everything there was to do stood in the entry.
error-missing: So someone who looks at the dead job can't see why it failed.
gives-up-on-conflict: Two workers run your function at once. One of them gets a WatchError, and settles nothing, though
    the conflict only means that the stream had changed. So its job is pending as before.
gone (F20): So no worker will ever be given that job, and nobody hears of it.
hard-coded-names: So it can only ever serve a single stream.
ignores-max-attempts (F22): Your function decides without `max_attempts`. {} So jobs get another number of attempts than
    was asked for.
lock-left-behind (F28): Your function had set {} before the reply was lost, and that stays behind. So the job can never
    be settled.
lost-to-the-reaper (F24): The lease had passed, a reaper was quicker, and {}. Your function removed an entry that was no
    longer its own. So the job is gone.
lost-when-repeated (F59): Your function marks the job as settled before it is. {} the second call takes the first one
    for done, and removes the old entry. So the job is gone.
never-dies (F22): Attempts 3 and 5 of 3 and 1 of 1 failed, and your function tries all of these jobs again. So a job
    that always fails is tried forever, and nobody is told.
no-retry: There were attempts left. So a job that might have worked is dead.
not-acknowledged (F04): So each reaper meets that row, and finds nothing to requeue.
not-deleted (F02): Acknowledging deletes a row of the pending list, not the entry. So the stream grows for good, and
    XLEN doesn't tell you how much work is left.
not-in-dead: {} So it isn't in the stream `orders:dead`, where people look for the dead jobs of `orders`.
not-settled (F10): So until its lease passes, nobody knows that this job failed.
old-stays (F22): So when its lease has passed, a reaper requeues the old one too, and the job multiplies.
one-attempt-too-few (F22): Attempt 2 of 3 failed, and your function buries the job. So the last attempt is never made.
one-attempt-too-many (F22): It was the last attempt that was allowed. So the job runs once more than it may.
only-when-equal (F22): Attempt 5 of 3 failed, and your function tries the job again: it stops at the limit, and not
    beyond it. So a job that's beyond it, because the limit was lowered or a reaper counted, is tried forever.
same-id: Your function adds the job under the id of its old entry. A stream takes no id below its last one, and that of
    a younger job was there already. So the call fails, and the job gets no further.
stuck (F10): Your function was interrupted, and {}. So that job never gets done.
swallows-errors (F46): {} your function goes on as if the job had been added, and removes the old entry. So the job is
    gone, and no error says so.
touches-others: So a job that didn't fail is lost, or runs twice.
trims-the-dead (F57): Attempt {} failed, and the job was in the dead-letter stream, until your function buried the next
    one: it keeps too few of them. So a dead job is gone before anyone has looked at it.
trims-jobs (F03): Your function caps the stream as it adds the new entry, and {} were deleted. So those jobs are lost,
    and no error says so.
two-at-once: Two workers run your function at once, for job 1 (attempt 1 of 3) and job 2 (attempt 3 of 3). At the end
    {}. So a job isn't where it belongs, only because two workers came together.
wrong-threshold (F22): {} So it doesn't go by `attempt` and `max_attempts`.
""")

REMARKS = Remarks("""
doubled: If a worker dies or loses a reply after adding the new entry and before the old one is gone, the job is in two
    places, and runs twice. At-least-once allows it: a duplicate beats a loss.
leftover: If a worker dies between `XACK` and `XDEL`, an entry stays that nothing will ever delete, and `XLEN` counts it
    for good (F01).
repeated: If the reply is lost and the worker calls again, your function settles the job once more, so it's there
    twice. Its one step had been carried out. It doesn't ask if the entry is still pending.
reaped: If the lease has passed and a reaper has requeued the job already, your function adds it once more, and it runs
    twice. It didn't ask if the entry was still its own (F24).
half a script: If Redis is out of memory, your function stops half-way. The old entry is gone, and the new one is
    refused. Neither an error in Lua nor one in a pipeline undoes what came before it (F41, F46).
fields changed: Your function changes `fields`, the caller's dict. If the call is repeated, it starts from other fields.
leaks: If a reply is lost, your function returns while another of its commands is still under way.
objects: If the entry is no longer pending, your function raises {}. That's allowed, and the caller must expect it.
""")

#: The wrong ones of the table -> the idea, where that's clear.
KNOWN = {
    ("3 of 3", "1 of 1"): ("one-attempt-too-many", "Attempt 3 of 3 failed, and your function tries the job again."),
    ("5 of 3",): ("only-when-equal", ""),
    ("2 of 3", "9 of 10"): ("one-attempt-too-few", ""),
    ("2 of 10", "9 of 10"): ("compares-text", ""),
    ("9 of 10", "10 of 12", "1 of 1"): (
        "ignores-max-attempts",
        "Attempt 9 of 10 failed, and the job is dead. Attempt 1 of 1 failed, and it's tried again.",
    ),
}


def of_one(problem: Problem) -> Idea | Remark | None:
    """One call, or one after the other, without faults."""
    if problem.kind == "threshold":
        return _threshold(problem, dict(item.split(": ") for item in problem.message.split(", ")))
    if problem.kind == "raised" and "equal or smaller" in problem.message:
        return IDEAS("same-id")
    return REMARKS(problem.kind) if problem.kind == "fields changed" else IDEAS.named(problem)


def of_delivered(problem: Problem) -> Idea | Remark | None:
    """Attempt 1, delivered four times."""
    if problem.kind in ("no-retry", "attempt-wrong"):
        return IDEAS("counts-deliveries")
    return of_one(problem)


def of_two(problem: Problem) -> Idea | None:
    if problem.kind == "raised" and "WatchError" in problem.message:
        return IDEAS("gives-up-on-conflict")
    return IDEAS("two-at-once", problem.message) if problem.kind == "muddled" else None


def of_faults(problem: Problem) -> Idea | Remark | None:
    """One call, and one fault."""
    if problem.kind == "doubled":
        return REMARKS("repeated" if _was_done(problem) else "doubled")
    if problem.kind == "leftover":
        return REMARKS("leftover")
    if problem.kind == "leaks a task" and problem.faults:
        return REMARKS("leaks")
    if problem.kind == "objects":
        return REMARKS("objects", problem.message)
    if problem.kind == "stuck":
        return IDEAS("stuck", problem.message)
    if problem.kind in ("endless", "hangs") and problem.faults:
        lock = left_lock(problem)
        return IDEAS("lock-left-behind", f"the lock `{lock}`, without a time to live," if lock else "something")
    return _lost(problem.schedule) if problem.kind == "lost" and problem.schedule else None


def of_reaper(problem: Problem) -> Idea | Remark | None:
    """A reaper at the same time."""
    if problem.kind == "doubled":
        return REMARKS("reaped")
    if problem.kind == "lost" and not problem.faults:
        return IDEAS("lost-to-the-reaper", problem.message)
    return of_faults(problem)


def _threshold(problem: Problem, went: dict[str, str]) -> Idea:
    """Which of the table's jobs went the wrong way, and what do they have in common?"""
    ends = [key for key in went if not _below(key)]
    wrong = tuple(key for key, place in went.items() if place != ("again" if _below(key) else "dead"))
    for key in wrong:
        if went[key] == "nowhere" and _was_dead(problem, [*went].index(key)):
            return IDEAS("trims-the-dead", key)
        if went[key] == "nowhere":
            return IDEAS("gone", f"Attempt {key} failed, and your function leaves nothing of the job.")
        if went[key] == "elsewhere":
            return IDEAS("not-in-dead", f"Attempt {key} failed, and your function puts the job somewhere else.")
    if wrong == tuple(ends):
        return IDEAS("never-dies")
    if wrong in KNOWN:
        return IDEAS(*KNOWN[wrong])
    if {"9 of 10", "10 of 12"} <= set(wrong):
        return IDEAS("ignores-max-attempts", "Attempt 9 of 10 failed, and the job is dead.")
    place = {"again": "tries the job again", "dead": "buries the job"}[went[wrong[0]]]
    return IDEAS("wrong-threshold", f"Attempt {wrong[0]} failed, and your function {place}.")


def _was_dead(problem: Problem, number: int) -> bool:
    """Whether this job of the table was in the dead-letter stream for a while."""
    places = [DEAD.ids(frame.content) for frame in frames(problem)]
    return any(f"{number}" in ids for ids in places)


def _below(key: str) -> bool:
    attempt, limit = map(int, key.split(" of "))
    return attempt < limit


def _was_done(problem: Problem) -> bool:
    """Whether the old entry was gone, as if all were well, when the reply was lost."""
    struck = strike(problem.schedule) if problem.schedule else None
    return bool(struck and struck.kind == "lose_reply" and not QUEUE.rows(struck.content))


def _lost(schedule: Schedule) -> Idea | Remark | None:
    """A fault struck, and the job is gone: which of its traces went first?"""
    if not (struck := strike(schedule)):
        return None
    old, fields = next(iter(QUEUE.entries(schedule.frames[0].content).items()))
    if struck.kind == "refuse_memory":
        pipeline = any(("in a pipeline",) in step.effects for step in schedule.frames)
        objects = schedule.frames[-1].outcomes.get("worker", "") != "ended" and (pipeline or struck.command == "script")
        return REMARKS("half a script") if objects else IDEAS("swallows-errors", struck.when("worker"))
    pending = old in QUEUE.rows(struck.content)
    if pending and old in QUEUE.entries(struck.content):
        return IDEAS("lost-when-repeated", struck.when("worker", "calls again"))
    goal = "requeue" if fields["attempt"] == "1" else "bury"
    return IDEAS(f"{'delete' if pending else 'ack'}-then-{goal}", struck.when("worker", ""))
