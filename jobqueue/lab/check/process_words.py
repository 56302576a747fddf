"""Naming what is wrong with a worker's one step: from what was found, and from the shape of the shortest schedule."""

from jobqueue.lab.check.misuse import misuse
from jobqueue.lab.check.process_worlds import GROUP, STREAM
from jobqueue.lab.check.story import before, entries, is_pending, name, rows, struck
from jobqueue.lab.check.verdict import Idea, Remark
from jobqueue.lab.explorer import Problem, Report, Schedule

#: Of every bug: its id in the catalogue of failures, and what it means. The facts are put before it.
MEANS = {
    "ack-before-work": (
        "F36",
        "the job is lost: it is acknowledged, so nobody will ever be given it again, but it has not run.",
    ),
    "acks-failure": ("F36", "Whatever is acknowledged will not be tried again: this job is lost without having run."),
    "blocks-for-ever": ("F60", "Then nothing can be told to it, not even to stop. It should return soon."),
    "delete-before-work": (
        "F36",
        "the job is lost: it is still pending, but what there was to do stood in the entry, and that is deleted.",
    ),
    "deletes-failure": ("F36", "What there was to do stood in the entry: whoever is given the job next finds nothing."),
    "deletes-consumer": (
        "F13",
        "the job is lost: the rows of a consumer are deleted together with it, and nobody is told.",
    ),
    "hard-coded-names": (None, "Use the names it is given: many workers share this code."),
    "hands-over-something-else": (None, "What there is to do stands in the fields, and handlers want all of them."),
    "marked-before-work": (
        "F37",
        "the job is lost: it is delivered again, but taken for done, because it is marked as such before it has run.",
    ),
    "never-handles": ("F10", "Being read is not being run. `handle(fields)` must be awaited for it."),
    "no-pel": (
        "F36",
        "the job is lost: it was read, but never was in the PEL, so no reaper can know that somebody had it.",
    ),
    "not-acknowledged": ("F10", "When its lease has passed it will be reaped and run again, and so on, for ever."),
    "reads-nothing-new": ("F06", "Does it ask for new entries, or for those that are pending already?"),
    "reads-too-many": (
        "F18",
        "The lease of each begins when it is read, not when its turn comes; and other workers stand idle beside it.",
    ),
    "reads-without-group": ("F10", "What a group did not deliver is in no PEL, and any other worker may read it, too."),
    "requeues-failure": (None, "Who tries again, and when, is not decided here: leave the entry as it is."),
    "retries-at-once": ("F53", "What has just failed mostly fails again. Leave the entry pending, and return."),
    "runs-twice": ("F37", "Once is enough, when nothing fails."),
    "stumbles-over-nothing": (None, "An empty queue is ordinary: the reply has no entries, and that is no error."),
    "takes-others": ("F30", "It is another worker's, and that worker is at it. The job will run twice, or not at all."),
    "trims-jobs": ("F03", "Whatever trims a stream deletes entries, whether somebody has run them or not."),
    "two-workers": ("F12", "Two workers at once ran the same job, without a crash and without delay."),
    "two-workers-lose": ("F12", "Two workers at once, without a crash."),
    "waits-too-long": (
        "F60",
        "A worker that is asked to stop should not keep everybody waiting. It should return soon.",
    ),
    "work-in-background": (
        "F36",
        "It returns while the handler still runs: if it has acknowledged by then, nobody will notice a crash.",
    ),
}

#: What is allowed, and worth knowing.
REMARKS = {
    "crash": "A worker that dies after its work and before `XACK` leaves a job that will run twice. At-least-once "
    "allows it, and no order of commands avoids it: make the work idempotent (F37).",
    "pass_time": "If the lease passes while the work goes on, the reaper gives the job to somebody else, and it runs "
    "twice. That is what heartbeats are for (F23).",
}


def named(problem: Problem, report: Report) -> Idea | None:
    """The invariant has named it."""
    if problem.kind == "raised" and "NotTheFields: " in problem.message:
        return _idea("hands-over-something-else", problem.message.partition(": ")[2].partition(", at line")[0] + ".")
    if problem.kind == "leaks a task":
        return _idea("work-in-background", f"{problem.message}.")
    return _idea(problem.kind, problem.message) if problem.kind in MEANS else None


def of_nothing(problem: Problem, report: Report) -> Idea | None:
    """Nothing to read."""
    if problem.kind in ("hangs", "endless"):
        return _idea("blocks-for-ever", "With nothing to read, it does not return.")
    if problem.kind == "raised" and (found := misuse(problem)).bug == "raises":
        return _idea("stumbles-over-nothing", f"With nothing to read, there was trouble. {found.words}")
    return named(problem, report)


def of_two(problem: Problem, report: Report) -> Idea | None:
    """Two workers, no faults."""
    if problem.kind == "doubled":
        return _idea("two-workers", f"{problem.message[:1].upper()}{problem.message[1:]}.")
    if problem.kind == "lost":
        return _idea("two-workers-lose", f"{problem.message[:1].upper()}{problem.message[1:]}.")
    return named(problem, report)


def of_faults(problem: Problem, report: Report) -> Idea | Remark | None:
    """One worker, one fault; or a lease that passes."""
    if problem.kind == "doubled":
        return Remark(REMARKS["pass_time" if "pass_time" in problem.faults else "crash"])
    if problem.kind == "lost" and problem.schedule:
        return _lost(problem.schedule)
    return named(problem, report)


def _idea(bug: str, facts: str) -> Idea:
    failure, means = MEANS[bug]
    return Idea(bug, f"{facts} {means}", failure)


def _lost(schedule: Schedule) -> Idea:
    """The job never ran: was it acknowledged, deleted, or never pending?"""
    found = struck(schedule)
    if not found:
        return _idea("ack-before-work", "With nothing failing,")
    at, frame = found
    last = frame if frame.command else before(schedule, at)
    did = f"`{name(last)}`" if last else "its first command"
    when = f"If the worker dies right after {did},"
    if frame.choice.kind == "lose_reply":
        when = f"If the reply to {did} is lost, and the worker gives up,"
    if frame.choice.kind == "pass_time":
        when = "If the lease passes,"
    old = next(iter(entries(schedule.frames[0].content, STREAM)))
    group = frame.content.streams[STREAM].groups[GROUP] if STREAM in frame.content.streams else None
    if group and "worker" not in group.consumers and name(last) == "XGROUP":
        return _idea("deletes-consumer", when)
    if not any(True for f in schedule.frames[: at + 1] for _ in rows(f.content, STREAM, GROUP)):
        return _idea("no-pel", when)
    if is_pending(frame.content, STREAM, GROUP, old) and old in entries(frame.content, STREAM):
        return _idea("marked-before-work", when)
    if is_pending(frame.content, STREAM, GROUP, old):
        return _idea("delete-before-work", when)
    return _idea("ack-before-work", when)
