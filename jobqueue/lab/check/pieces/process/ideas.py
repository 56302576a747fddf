"""The wrong ideas about a worker's one step."""

from jobqueue.explorer import Problem, Schedule
from jobqueue.lab.check.ideas import Ideas, Remarks
from jobqueue.lab.check.pieces.process.judge import QUEUE
from jobqueue.lab.check.story import left_lock, strike
from jobqueue.lab.check.verdict import Idea, Remark

IDEAS = Ideas("""
ack-before-work (F36): Your function acknowledges the job before its work is done. {} the job is lost: it hasn't run,
    and no worker will ever be given it again.
acks-what-it-cut-short (F36): An acknowledged job isn't tried again. So this one is lost, half done.
acks-failure (F36): An acknowledged job isn't tried again. So this one is lost without having run.
blocks-for-ever (F60): With nothing to read, your function never returns. So nothing can be told to its worker, not even
    to stop.
delete-before-work (F36): Your function deletes the entry before its work is done. {} the job is lost: it's still
    pending, but everything there was to do stood in the entry.
deletes-failure (F36): Everything there was to do stood in the entry. So the next worker that's given this job finds
    nothing.
deletes-consumer (F13): Your function deletes its consumer, and Redis deletes that consumer's pending list with it. {}
    the job is lost, and no error says so.
gives-up: Jobs on their first attempt are run. Your function isn't told how many attempts a job may have. So a job is
    lost that had attempts left.
hard-coded-names: So only one of the many workers that share this code can use it.
hands-over-something-else: A handler needs all fields, and they say what there is to do. So this one can't do its job.
lock-without-ttl (F28): Your function takes the lock {} without a time to live. If the worker dies while it holds it,
    the lock stays. So no worker ever gets in again, and no job runs.
marked-before-work (F37): Your function marks the job as done before its work is done. {} the job is lost: it's
    delivered again, and taken for done.
never-handles (F10): A job that's read hasn't run yet. So it never gets done.
no-pel (F36): Your function reads the job without putting it on the pending list. {} the job is lost: no reaper can know
    that a worker had it.
not-acknowledged (F10): So each time its lease passes, it's reaped and run again, without end.
reads-nothing-new (F06): Only `>` brings new entries, and any other id reads those that are pending already. So new jobs
    are never run.
reads-too-many (F18): The lease of each job begins when it's read, not when its turn comes. So leases pass while jobs
    wait in this worker, and other workers stand idle.
reads-without-group (F10): Only what a group delivers is on a pending list. So any other worker may read that job too.
requeues-failure: Your function decides by itself when a failed job is tried again. So no reaper and no retry policy
    ever gets to see the failure.
retries-at-once (F53): A job that has just failed mostly fails again. So each failure hits the broken service several
    times.
runs-twice (F37): Nothing had failed. So work that's done is done again.
stumbles-over-nothing: There was nothing to read. {} So an empty queue, which is ordinary, stops the worker.
takes-others (F30): That worker is still at it. So the job runs twice, or not at all.
trims-jobs (F03): Trimming deletes entries whether they've run or not. So those jobs are lost.
two-workers (F12): Two workers call your function at once, without a crash or a delay, and {}. So both of them did the
    same work.
two-workers-lose (F12): Two workers call your function at once, without a crash, and {}. So each took it for the
    other's.
waits-too-long (F60): So a worker that's asked to stop keeps everything waiting.
work-in-background (F36): Your function returns while the handler still runs. So a crash in the middle of the work goes
    unnoticed.
""")

REMARKS = Remarks("""
crash: If a worker dies after its work and before `XACK`, its job runs twice. At-least-once allows it, and no order of
    commands avoids it. That's why the work should be idempotent (F37).
pass_time: If the lease passes while the work goes on, the reaper gives the job to another worker, and it runs twice.
    That's what heartbeats are for (F23).
""")


def of_one(problem: Problem) -> Idea | None:
    """One worker, no faults."""
    if problem.kind == "raised" and "NotTheFields: " in problem.message:
        words = problem.message.partition("NotTheFields: ")[2].partition(", at line")[0]
        return IDEAS("hands-over-something-else", f"{words}.")
    tasks = problem.message.rpartition(": ")[2].split(", ")
    if problem.kind == "leaks a task" and not all(task.startswith("Redis.") for task in tasks):
        return IDEAS("work-in-background")
    return IDEAS.named(problem)


def of_nothing(problem: Problem) -> Idea | None:
    """Nothing to read."""
    if problem.kind in ("hangs", "endless"):
        return IDEAS("blocks-for-ever")
    return IDEAS.stumbles(problem, "stumbles-over-nothing") or of_one(problem)


def of_two(problem: Problem) -> Idea | None:
    """Two workers, no faults."""
    bug = {"doubled": "two-workers", "lost": "two-workers-lose", "stuck": "two-workers-lose"}.get(problem.kind)
    return IDEAS(bug, problem.message) if bug else of_one(problem)


def of_faults(problem: Problem) -> Idea | Remark | None:
    """One worker, and a fault or a lease that passes."""
    if problem.kind == "doubled":
        return REMARKS("pass_time" if "pass_time" in problem.faults else "crash")
    if problem.kind in ("stuck", "endless", "hangs") and problem.faults and (lock := left_lock(problem)):
        return IDEAS("lock-without-ttl", f"`{lock}`")
    if problem.kind in ("lost", "stuck") and problem.schedule:
        return _lost(problem.schedule)
    return of_one(problem)


def _lost(schedule: Schedule) -> Idea:
    """The job never ran: was it acknowledged, deleted, marked, or never pending?"""
    struck = strike(schedule)
    if not struck:
        return IDEAS("ack-before-work", "With nothing failing,")
    when, now = struck.when("worker"), struck.content
    old = next(iter(QUEUE.entries(schedule.frames[0].content)))
    group = QUEUE.state(now)
    if group and "worker" not in group.consumers and struck.command == "XGROUP":
        return IDEAS("deletes-consumer", when)
    if not any(QUEUE.rows(frame.content) for frame in struck.past):
        in_a_script = struck.command == "script"  # which reads and acknowledges in one step
        return IDEAS("ack-before-work" if in_a_script else "no-pel", when)
    if old not in QUEUE.rows(now):
        return IDEAS("ack-before-work", when)
    return IDEAS("marked-before-work" if old in QUEUE.entries(now) else "delete-before-work", when)
