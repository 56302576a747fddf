"""The wrong ideas about enqueueing with a limit, and how case, fault and schedule tell which one it is."""

import re

from jobqueue.explorer import Frame, Problem
from jobqueue.lab.check.ideas import Ideas, Remarks
from jobqueue.lab.check.pieces.enqueue.judge import QUEUE
from jobqueue.lab.check.story import frames, left_lock, went_on
from jobqueue.lab.check.verdict import Idea, Remark

IDEAS = Ideas("""
adds-then-checks (F43): Your function adds first and takes back what was too much. So for a moment the queue is over its
    capacity, and a worker may already have read the job that the caller is told was refused.
adds-twice: Your function added the same job twice in one call. So its work is done twice.
changes-fields: {} So a worker gets another job than the one that was enqueued.
check-then-add (F43): Two producers run your function at once, and each sees room for one job. {} So the limit holds
    only while nobody else is adding.
compares-text: Your function compares numbers as texts, and there '9' comes after '10'. So a queue that holds 9 jobs and
    has a capacity of 10 refuses the next one.
count-drifts (F45): Your function's count drifts away from what's in the stream. {} So it turns jobs away that it has
    room for.
counts-a-part: With 250 jobs in the queue, your function doesn't know how many there are. So its limit isn't the
    capacity.
counts-only-waiting (F01): Your function doesn't count the jobs that are being worked on, though each takes a place
    until it's settled. So it added a job to a full queue.
counts-pending-twice (F01): Your function counts a job that's being worked on twice, because its entry is still in the
    stream. So it refused a job while one place was left.
full-on-any-error (F44): {} your function raises QueueFullError, though the job was added. "Full" and "I don't know" are
    different answers. So the caller offers the job again, or gives it up.
gives-up-on-conflict: Several producers run your function at once, and there was room. One got an answer that isn't
    true, only because the other came in between. So its caller gives up a job that the queue had room for.
hard-coded-names: Your function adds to {}, and was given the stream `orders`. So it can only ever serve a single
    stream.
ignores-conflict: Two producers run your function at once, and one of its calls wasn't carried out, because the other
    came in between. So the caller is told that its job was added, and it isn't in the queue.
lock-left-behind (F28): {} So five minutes later all callers
    still wait for it, or are turned away.
never-accepts: Your function refuses the first job, although the queue is empty. So no job ever gets in.
no-limit: Five jobs were offered to a queue with two places, and your function added them all. So the queue grows
    without end.
not-added: Your function returns as if the job had been accepted, but adds no entry. So the job is lost.
one-too-few: Your function refuses the job for the last place. So a queue never holds as many jobs as it may.
one-too-many: Your function accepts one job more than the capacity. So a full queue gets over its limit.
only-when-equal: Your function refuses at the limit, but not beyond it. A queue can be beyond it, because the capacity
    was lowered or jobs came back for another attempt. So it added one more to a queue that was over its capacity.
over-after-crash: Your function was interrupted when its producer died, and {}. So the limit doesn't hold after a crash.
refusals-stick (F45): Your function refused jobs, then one was settled, and it still refuses the next. So something that
    a refusal leaves behind, a count or a flag, outlives its reason.
refuses-silently: There was no room, and your function returned `{}`, as from any call. So the caller believes that its
    job was accepted.
refuses-yet-adds: Your function raises QueueFullError, and adds the job all the same. So a job runs that its caller was
    told was refused.
returns-no-id: Your function adds the job and returns {}. So the caller doesn't learn the entry's id.
room-not-returned (F01): A job was settled, so its place was free, and your function refused the next one: it counts
    jobs that are no longer there. So the queue closes for good after so many jobs ever.
short-lock: Your function's lock expires after {} ms. So a producer that's held up for a moment, by the network or by
    another task, no longer has it, the next one comes in, and the queue gets over its capacity.
swallows-errors (F44): {} An error was caught, so the caller never hears of it.
trims-jobs (F03): Your function makes room by deleting jobs that were accepted before and haven't run. So those jobs are
    lost, and no error says so.
waits-for-room: There was no room, and your function tries again and again, without end. So its caller never learns that
    the queue is full.
wrong-error: The queue was full, and your function raised {}. So a caller that waits for QueueFullError takes it for a
    bug.
wrong-id: Your function returns something else than the id of the entry it added: {}. So the caller can't look up its
    job.
""")

REMARKS = Remarks("""
duplicated: If {}, a job may be added twice. At-least-once allows it.
standstill: If a producer stands still for 30 s in the middle, the queue can end up over its capacity, because whatever
    keeps the others out expires before it wakes up.
leaks a task: If a reply is lost, your function returns while another of its commands is still under way.
own class: Your function raises a QueueFullError of its own. Callers of the kit catch the one from `jobqueue`.
fields changed: Your function changes the dict it was given. The caller may still need it as it was.
retried: If a reply is lost, your function tries again, and may report a full queue though its first try was added.
""")

#: The lifetime of a key, in milliseconds, in a command.
LIFE = re.compile(r"\b(?:PX|PEXPIRE \S+|PSETEX \S+) (\d+)\b", re.IGNORECASE)

FAULTS = {
    "crash": "a producer dies",
    "lose_reply": "the reply to a command is lost",
    "pass_time": "a producer stands still for 30 s",
    "refuse_memory": "Redis refuses a command for lack of memory",
}

#: Cases in which a lone producer finds no room.
NO_ROOM = ("flood", "full", "lowered", "long", "watched", "refusals")

#: The bug behind a job too many, and behind one too few, by case.
OVER = {
    "full": "counts-only-waiting",
    "lowered": "only-when-equal",
    "watched": "adds-then-checks",
    "settling": "count-drifts",
}
REFUSED = {"one place": "counts-pending-twice", "settling": "room-not-returned", "refusals": "refusals-stick",
           "race": "gives-up-on-conflict", "tenth": "compares-text"}  # fmt: skip


def diagnose(case: str, problem: Problem) -> Idea | Remark | None:
    """The Idea, or the Remark, for a problem of this kind of case."""
    fault, kind = problem.faults[0] if problem.faults else "", problem.kind
    if fault == "pass_time" and kind in ("over capacity", "raised"):
        blink = _shortest_life(problem)
        return IDEAS("short-lock", f"{blink}") if blink and kind == "over capacity" else REMARKS("standstill")
    if kind == "duplicated":
        return REMARKS(kind, FAULTS[fault]) if fault else IDEAS("adds-twice")
    if kind in ("own class", "fields changed") or (kind == "leaks a task" and fault):
        return REMARKS(kind)
    if kind == "raised":
        return IDEAS("gives-up-on-conflict") if "WatchError" in problem.message and not fault else None
    if kind in ("endless", "hangs", "no answer"):
        return _left_behind(problem, fault) if fault else IDEAS("waits-for-room") if case in NO_ROOM else None
    return _after(problem, fault) if fault in FAULTS else _without(case, problem)


def _without(case: str, problem: Problem) -> Idea | None:
    """Order alone does it."""
    kind, words = problem.kind, problem.message
    if kind == "over capacity":
        return _over(case, problem)
    if kind == "refused":
        return IDEAS(_refused(case, problem))
    if kind == "trimmed" or (kind == "not added" and _was_there(problem)):
        return IDEAS("trims-jobs")
    if kind in ("not added", "nothing") and case in ("race", "worker"):
        return IDEAS("ignores-conflict")
    if kind == "nothing" and case != "first":
        return IDEAS("refuses-silently", words)
    if kind == "not added" and case in NO_ROOM:
        return IDEAS("refuses-silently", words.partition("answered with ")[2].partition(",")[0])
    bugs = {
        "elsewhere": ("hard-coded-names", words),
        "nothing": ("not-added",),
        "not added": ("not-added",),
        "unknown": ("changes-fields", "Your function adds an entry without the fields that it was given."),
        "fields": ("changes-fields", words),
        "added, refused": ("refuses-yet-adds",),
        "refused as": ("wrong-error", words),
        "wrong id": ("wrong-id", words),
        "no id": ("returns-no-id", words),
    }
    return IDEAS(*bugs[kind]) if kind in bugs else None


def _over(case: str, problem: Problem) -> Idea:
    if case == "flood":
        steps = frames(problem)
        if any(word in frame.command for frame in steps for word in ("MAXLEN", "MINID", "XTRIM")):
            return IDEAS("trims-jobs")
        accepted = sum(effect[0] == "enqueued" for frame in steps for effect in frame.effects)
        return IDEAS("no-limit" if accepted > 3 else "one-too-many")
    return _check_then_add(problem) if case in ("race", "worker") else IDEAS(OVER.get(case, "counts-a-part"))


def _refused(case: str, problem: Problem) -> str:
    if case in ("flood", "first"):
        accepted = any(effect[0] == "enqueued" for frame in frames(problem) for effect in frame.effects)
        return "one-too-few" if accepted else "never-accepts"
    return REFUSED.get(case, "counts-a-part")


def _after(problem: Problem, fault: str) -> Idea | Remark | None:
    """It took a fault."""
    kind, words = problem.kind, problem.message
    if kind == "no room":
        return _left_behind(problem, fault)
    if kind == "added, refused":
        return REMARKS("retried") if went_on(problem) else IDEAS("full-on-any-error", f"If {FAULTS[fault]},")
    if kind == "trimmed":
        return IDEAS("trims-jobs")
    if fault == "crash":
        return IDEAS("over-after-crash", words)
    deed = {
        "over capacity": "your function adds the job although there's no room.",
        "not added": "your function returns as if the job had been added.",
        "nothing": f"your function returns {words}, as if all were well, and the job isn't in the queue.",
    }.get(kind, f"{words}.")
    if kind in ("wrong id", "no id"):
        deed = "your function returns something else than the entry's id, as if nothing had happened."
    return IDEAS("swallows-errors", f"If {FAULTS[fault]}, {deed}")


def _left_behind(problem: Problem, fault: str) -> Idea:
    locks = any(" NX" in f"{frame.command.upper()} " or "SETNX" in frame.command for frame in frames(problem))
    if problem.kind != "no room" or locks:
        lock = left_lock(problem)
        left = f"the lock `{lock}`, which has no time to live" if lock else "something behind that it had set"
        return IDEAS("lock-left-behind", f"If {FAULTS[fault]} half-way, your function leaves {left}.")
    words = (
        "it isn't put right. Later every job is settled and the queue is empty, and yet it refuses before the capacity"
    )
    return IDEAS("count-drifts", f"If {FAULTS[fault]} half-way, {words} is reached.")


def _check_then_add(problem: Problem) -> Idea:
    steps: list[Frame] = frames(problem)
    mine = [frame.command.split()[0] for frame in steps if frame.lane == steps[-1].lane and frame.command]
    between = f"Between the `{mine[-2]}` and the `{mine[-1]}` of one" if len(mine) > 1 else "Meanwhile"
    return IDEAS("check-then-add", f"{between}, the other added its job, and now {problem.message}.")


def _shortest_life(problem: Problem) -> int | None:
    """The milliseconds after which a key of its own expires, if that's hardly any."""
    lives = [int(life) for frame in frames(problem) for life in LIFE.findall(frame.command)]
    return min((life for life in lives if life < 200), default=None)


def _was_there(problem: Problem) -> bool:
    """Whether the job that's missing now was ever in the stream."""
    job = problem.message.split()[1]
    return any(job in QUEUE.ids(frame.content) for frame in frames(problem))
