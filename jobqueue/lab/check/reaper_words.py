"""Naming what is wrong with a reaper: from what was found, and from the shape of the shortest schedule."""

from jobqueue.lab.check.misuse import TROUBLE, misuse
from jobqueue.lab.check.reaper_ideas import MEANS, REMARKS
from jobqueue.lab.check.reaper_worlds import GROUP, STREAM
from jobqueue.lab.check.story import before, entries, is_pending, name, steps, struck, writes
from jobqueue.lab.check.verdict import Idea, Remark
from jobqueue.lab.explorer import Problem, Report, Schedule


def named(problem: Problem, report: Report) -> Idea | None:
    """The invariant has named it."""
    known = problem.kind in MEANS and problem.kind not in TROUBLE
    return _idea(problem.kind, problem.message) if known else None


def of_many(problem: Problem, report: Report) -> Idea | None:
    """Hundreds of stale jobs, behind others that are not."""
    return _idea("endless", problem.message) if problem.kind == "endless" else named(problem, report)


def of_deleted(problem: Problem, report: Report) -> Idea | None:
    return _stumbled(problem, "stumbles-over-deleted") or named(problem, report)


def of_two(problem: Problem, report: Report) -> Idea | None:
    """Two reapers, no faults."""
    if problem.kind == "doubled" and (lock := _freed(problem.schedule)):
        return _idea("frees-anothers-lock", f"A reaper deletes `{lock}`, which another one holds; now more get in.")
    if problem.kind == "doubled":
        seen, taken = _sight(problem.schedule)
        facts = "Two reapers at once: a job runs twice, without a crash and without delay. Both saw that it is stale, "
        return _idea("two-reapers", f"{facts}by `{seen}`, before either had taken it away, by `{taken}`.")
    kinds = {"lost": "lost-between-two", "stuck": "stuck-between-two", "leftover": "not-deleted"}
    if problem.kind in kinds:
        return _idea(kinds[problem.kind], f"Two reapers at once, without a crash: {problem.message}.")
    return _stumbled(problem, "stumbles-over-the-other") or named(problem, report)


def of_heartbeat(problem: Problem, report: Report) -> Idea | Remark | None:
    """A heartbeat in between. That a late worker's job runs twice is allowed; that it need not is worth saying."""
    return Remark(REMARKS["old news"]) if problem.kind == "acts-on-old-news" else of_two(problem, report)


def of_late(problem: Problem, report: Report) -> Idea | Remark | None:
    """A worker that is late, but alive."""
    return Remark(REMARKS["late"]) if problem.kind == "doubled" else of_two(problem, report)


def of_faults(problem: Problem, report: Report) -> Idea | Remark | None:
    """One or two reapers, with faults."""
    if not problem.faults:
        return of_two(problem, report)
    if problem.kind in ("doubled", "leftover"):
        return Remark(REMARKS[problem.kind])
    if problem.kind == "stuck":
        return _stuck(problem.schedule)
    if problem.kind == "lost":
        return _lost(problem.schedule)
    return named(problem, report)


def _idea(bug: str, facts: str) -> Idea:
    failure, means = MEANS[bug]
    return Idea(bug, f"{facts} {means}", failure)


def _stumbled(problem: Problem, bug: str) -> Idea | None:
    if problem.kind == "raised" and (found := misuse(problem)).bug == "raises":
        return _idea(bug, found.words)
    return None


def _lost(schedule: Schedule) -> Idea | Remark:
    """A fault struck, and the job is gone: which of its traces went first?"""
    at, frame = struck(schedule)
    last = frame if frame.command else before(schedule, at)
    did = f"`{name(last)}`" if last else "its first command"
    lost = next(finding.message.split()[1] for finding in schedule.findings if finding.kind == "lost")
    start = entries(schedule.frames[0].content, STREAM)
    old = next(entry_id for entry_id, fields in start.items() if fields["id"] == lost)
    if frame.choice.kind == "refuse_memory":
        if name(frame) == "script":
            return Remark(REMARKS["half a script"])
        return _idea("swallows-errors", f"If Redis is out of memory at {did},")
    when = f"If the reaper dies right after {did},"
    if frame.choice.kind == "lose_reply":
        when = f"If the reply to {did} is lost, and the reaper gives up,"
    if not is_pending(frame.content, STREAM, GROUP, old):
        return _idea("ack-then-requeue", when)
    return _idea("lost-after-a-crash" if old in entries(frame.content, STREAM) else "delete-then-requeue", when)


def _stuck(schedule: Schedule) -> Idea:
    locks = [key for key in schedule.frames[-1].content.keys if key != STREAM]
    if locks:
        return _idea("lock-without-ttl", f"The reaper died while it held `{locks[0]}`, and nobody takes that away.")
    return _idea("never-looks-again", "A reaper died in the middle.")


def _sight(schedule: Schedule) -> tuple[str, str]:
    """The commands with which the second reaper looked, and the first took."""
    lanes = list(dict.fromkeys(frame.lane for frame in steps(schedule)))
    looks = [name(frame) for frame in steps(schedule, lanes[-1]) if name(frame).startswith("X") and not writes(frame)]
    moves = [name(frame) for frame in steps(schedule, lanes[0]) if writes(frame)]
    return next(iter(looks), "its look"), next(iter(moves), "its move")


def _freed(schedule: Schedule) -> str | None:
    """The key that one reaper set, and another deleted."""
    owners = {}
    for frame in steps(schedule):
        command, key, *_ = *frame.command.split(), ""
        if command == "SET" and frame.reply == "OK":
            owners[key] = frame.lane
        elif command in ("DEL", "UNLINK") and owners.pop(key, frame.lane) != frame.lane:
            return key
    return None
