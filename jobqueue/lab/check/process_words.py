"""Naming what is wrong with a worker's one step: from what was found, and from the shape of the shortest schedule."""

from jobqueue.lab.check.misuse import misuse
from jobqueue.lab.check.process_ideas import MEANS, REMARKS
from jobqueue.lab.check.process_worlds import GROUP, STREAM
from jobqueue.lab.check.story import before, entries, is_pending, name, rows, struck
from jobqueue.lab.check.verdict import Idea, Remark
from jobqueue.lab.explorer import Problem, Report, Schedule


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
