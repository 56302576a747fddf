"""Naming what is wrong with a reaper: from what was found, and from the shape of the shortest schedule."""

from jobqueue.lab.check.misuse import misuse
from jobqueue.lab.check.reaper_worlds import GROUP, STREAM
from jobqueue.lab.check.story import before, entries, is_pending, name, steps, struck, writes
from jobqueue.lab.check.verdict import Idea, Remark
from jobqueue.lab.explorer import Problem, Report, Schedule

#: Bugs and their ids in the catalogue of failures.
FAILURES = {
    "ack-then-requeue": "F20",
    "ack-without-requeue": "F20",
    "age-is-not-idle": "F23",
    "attempt-not-counted": "F22",
    "attempts-start-over": "F16",
    "claim-without-requeue": "F10",
    "delete-then-requeue": "F20",
    "deleted-stays-pending": "F04",
    "deletes-consumer": "F13",
    "drops-waiting": "F03",
    "endless": "F27",
    "first-page-only": "F27",
    "ghost": "F04",
    "hard-coded-lease": "F23",
    "leaves-some": "F68",
    "lock-without-ttl": "F28",
    "lost-between-two": "F20",
    "not-deleted": "F02",
    "reaps-fresh": "F23",
    "reaps-nothing": "F10",
    "renews-fresh": "F26",
    "requeue-without-ack": "F22",
    "steals-fresh": "F26",
    "stumbles-over-deleted": "F04",
    "swallows-errors": "F46",
    "two-reapers": "F29",
}


def _idea(bug: str, words: str) -> Idea:
    return Idea(bug, words, FAILURES.get(bug))


def named(problem: Problem, report: Report) -> Idea | None:
    """The invariant has named it."""
    if problem.kind == "endless":
        return _idea("endless", f"{problem.message} It gets the same page again and again: what is on it is fresh, and so "
                     "stays there.")  # fmt: skip
    return _idea(problem.kind, problem.message) if problem.kind in FAILURES or "-" in problem.kind else None


def of_deleted(problem: Problem, report: Report) -> Idea | None:
    if problem.kind == "raised" and (found := misuse(problem)).bug == "raises":
        return _idea("stumbles-over-deleted", f"{found.words} The entry it had listed is not in the stream: it was "
                     "deleted. No later job is reaped any more, now or at any run to come.")  # fmt: skip
    return named(problem, report)


def of_faults(problem: Problem, report: Report) -> Idea | Remark | None:
    """One or two reapers, with faults."""
    schedule = problem.schedule
    if not problem.faults:
        return of_two(problem, report) if problem.kind in ("doubled", "lost", "stuck", "leftover") else None
    if problem.kind == "stuck" and schedule:
        return _stuck(schedule)
    if problem.kind == "lost" and schedule:
        return _lost(schedule)
    if problem.kind == "doubled":
        return Remark("A reaper that dies between adding the new entry and removing the old one leaves a job that runs "
                      "twice. At-least-once allows it: a duplicate beats a loss.")  # fmt: skip
    if problem.kind == "leftover":
        return Remark("A reaper that dies between `XACK` and `XDEL` leaves an entry in the stream that nobody will ever "
                      "delete: XLEN counts it for good (F01).")  # fmt: skip
    return None


def of_two(problem: Problem, report: Report) -> Idea | None:
    """Two reapers, no faults."""
    if problem.kind == "raised" and (found := misuse(problem)).bug == "raises":
        return _idea("stumbles-over-the-other", f"{found.words} Another reaper had been quicker, and what this one had "
                     "listed was no longer there. Whatever else was stale is left alone.")  # fmt: skip
    if problem.kind == "doubled":
        seen, added = _sight(problem.schedule)
        return _idea("two-reapers", "Two reapers at once ran the job twice, without a crash, and without delay. Both had "
                     f"seen it stale ({seen}) before either had taken it away ({added}); whoever was second did not "
                     "notice that somebody had been first.")  # fmt: skip
    if problem.kind == "lost":
        return _idea("lost-between-two", "Two reapers at once lost the job, without a crash: each took it for the "
                     "other's.")  # fmt: skip
    if problem.kind == "stuck":
        return _idea("stuck-between-two", "After two reapers at once the job stays pending for ever.")
    if problem.kind == "leftover":
        return _idea("not-deleted", "After two reapers at once an entry stays in the stream that is neither waiting nor "
                     "pending.")  # fmt: skip
    return named(problem, report)


def of_late(problem: Problem, report: Report) -> Idea | Remark | None:
    """A worker that is late, but alive."""
    if problem.kind == "raised" and (found := misuse(problem)).bug == "raises":
        return _idea("stumbles-over-the-other", f"{found.words} The worker had finished after all, and what the reaper "
                     "had listed was no longer there.")  # fmt: skip
    if problem.kind == "doubled":
        return Remark("A worker that is late, but alive, is reaped too, and its job runs twice: a reaper proves silence, "
                      "not death (F23).")  # fmt: skip
    return of_two(problem, report)


def _lost(schedule: Schedule) -> Idea | Remark:
    """A fault struck, and the job is gone: which of its traces went first?"""
    at, frame = struck(schedule)
    last = frame if frame.command else before(schedule, at)
    did = f"`{name(last)}`" if last else "its first command"
    old = next(iter(entries(schedule.frames[0].content, STREAM)))
    when = {
        "crash": f"If the reaper dies right after {did}",
        "lose_reply": f"If the reply to {did} is lost, and the reaper gives up",
        "refuse_memory": f"If Redis is out of memory at {did}",
    }[frame.choice.kind]
    if frame.choice.kind == "refuse_memory":
        if name(frame) == "script":
            return Remark("If Redis is out of memory, the script stops half-way: what it removed is gone, what it wanted "
                          "to add is refused. An error in Lua does not undo what came before it (F41, F46).")  # fmt: skip
        return _idea("swallows-errors", f"{when}, that command is refused, but the reaper goes on and removes the old "
                     "entry: the job is gone.")  # fmt: skip
    if not is_pending(frame.content, STREAM, GROUP, old):
        return _idea("ack-then-requeue", f"{when}, the job is gone: it is not pending any more, and nothing of it is "
                     "waiting. No error says so, and no later run of any reaper will find it.")  # fmt: skip
    if old not in entries(frame.content, STREAM):
        return _idea("delete-then-requeue", f"{when}, the job is gone: its row is still in the PEL, but what it had to do "
                     "was in the entry, and that is deleted.")  # fmt: skip
    return _idea("lost-after-a-crash", f"{when}, the job is lost by the run after it.")


def _stuck(schedule: Schedule) -> Idea:
    locks = [key for key in schedule.frames[-1].content.keys if key != STREAM]
    if locks:
        return _idea("lock-without-ttl", f"The reaper died while it held `{locks[0]}`, and nobody ever takes that away: an "
                     "hour later, no reaper works any more. A lock outlives its holder.")  # fmt: skip
    return _idea("never-looks-again", "After a reaper died in the middle, the job stays pending for ever: the next run does "
                 "not pick up what the last one left.")  # fmt: skip


def _sight(schedule: Schedule) -> tuple[str, str]:
    """The commands with which the second reaper looked, and the first took."""
    lanes = list(dict.fromkeys(frame.lane for frame in steps(schedule)))
    looked = next((name(frame) for frame in steps(schedule, lanes[-1]) if not writes(frame)), "its look")
    took = next((name(frame) for frame in steps(schedule, lanes[0]) if writes(frame)), "its move")
    return f"`{looked}`", f"`{took}`"
