"""The wrong ideas about reaping, and how the shortest schedule tells which one it is."""

from jobqueue.explorer import Problem, Schedule
from jobqueue.lab.check.ideas import Ideas, Remarks
from jobqueue.lab.check.pieces.reaper.judge import LEASE_MS, QUEUE
from jobqueue.lab.check.story import frames, left_lock, reads_again, shorten, steps, strike, writes
from jobqueue.lab.check.verdict import Idea, Remark

IDEAS = Ideas("""
ack-then-requeue (F20): Your function removes the old entry before the new one is there. {} the job is gone: it's
    neither pending nor waiting. No error says so, and no later run of any reaper will find it.
ack-without-requeue (F20): Acknowledging only deletes a row of the pending list. So no worker will ever be given that
    job, and no error says so.
age-is-not-idle (F23): The age of an entry says nothing about how long its worker has been silent. So a job that waited
    for long is taken from a worker that has just begun.
another-stream: Workers read the stream that they always read. So nobody runs the jobs in that one.
attempt-not-counted (F22): So a job that kills its workers is reaped and run forever: its attempts never run out.
attempt-wrong (F22): Each reaping uses up one attempt. So jobs get more attempts than they should, or fewer.
attempts-start-over (F16): Each attempt has an entry of its own, so deliveries of an entry aren't attempts at its job.
    So a job that kills its workers never runs out of attempts.
changes-fields: So the next worker gets another job than the one that was enqueued.
claim-without-requeue (F10): Claiming moves a row of the pending list to another name. So the job has a new owner, and
    no worker runs it.
claims-too-soon (F23): ann renews the lease of job 1, and not even a lease later your function takes it from her by
    `{}`. So a job that isn't stale runs twice.
compares-texts: As texts, "7000" comes after "60000". So it takes jobs that are still running, and leaves one that has
    been idle for 125000 ms.
delete-then-requeue (F20): Your function deletes the old entry before the new one is there. {} the job is gone: its row
    is still in the pending list, but everything there was to do stood in the entry.
deleted-stays-pending (F04): So each run of the reaper meets it again, and no worker can ever run it.
deletes-consumer (F13): Redis deletes a consumer's pending list together with it. So its fresh jobs are lost too, and no
    error says so.
endless (F27): Your function reads the same page again and again. The jobs on it are fresh, so they stay there. So it
    never comes to an end, and never gets to the stale ones.
excludes-the-limit: That one has been idle for exactly `stale_after_ms`. "At least" includes the limit. So your function
    and the rest of the queue disagree about which jobs are stale.
first-page-only (F27): One reply doesn't hold all rows, and those that it holds may be fresh. So jobs behind the first
    page are never reaped.
frees-anothers-lock (F28): So a third one gets in while the second is still at work, and a job runs twice.
ghost (F04): An entry can be pending and yet be gone from the stream. So there's nothing left to requeue.
gives-up: The task has no limit of attempts. So this job is never run again, whatever its limit was.
hard-coded-lease (F23): So it ignores `stale_after_ms`, and takes jobs that are still running.
hard-coded-names: So it can only ever serve a single stream.
judges-consumers (F68): Each entry has an idle time of its own. So an entry that a living consumer never received stays
    pending for good.
lock-without-ttl (F28): A lock without a time to live outlives its holder. {} So even an hour later no reaper does any
    work.
lost-after-a-crash (F20): Your function loses jobs that an earlier run left half-done. {} the next run loses the job.
lost-alone (F24): {}. Your function removed an entry without asking again if it was still stale, or added nothing for
    it. So the job is gone.
lost-between-two (F20): Two reapers run your function at once, without a crash, and {}. So each of them took it for the
    other's.
never-looks-again (F10): Your function was interrupted, and its next run doesn't pick up what the first one left. So the
    job stays pending for good.
not-deleted (F02): Acknowledging deletes a row of the pending list, not the entry. So the stream grows for good, and
    XLEN doesn't tell you how much work is left.
reaps-fresh (F23): Its worker is still busy with it. So the job runs twice.
reaps-nothing (F10): Their workers are silent, and no other worker will come for them. So they stay pending for good.
renews-fresh (F26): So each run of the reaper renews every lease, and no job ever gets stale.
requeue-without-ack (F22): So the old one is stale again at the next run, and the job multiplies.
requeues-twice (F29): So it runs as often as that.
rests-with-the-job (F29): Your function lets time pass between taking a job and requeueing it. Its worker finishes it
    meanwhile, and your function doesn't ask again. So the job runs twice.
rewinds-the-group (F15): A group only knows how far it has delivered. So it delivers jobs again that others are working
    on.
stays-on-the-last (F27): Your function asks for the next page from the last entry on, and that entry is on it again. So
    no page is ever empty, and your function never comes to an end.
steals-fresh (F26): So that worker no longer owns the job that it's working on.
stops-early: So they wait for later runs, and each of those leaves some more.
stuck-alone (F10): {}. So the job stays where it is for good.
stuck-between-two (F10): Two reapers run your function at once, without a crash, and {}. So each of them left it to the
    other.
stumbles-over-deleted (F04): An entry can be pending and yet be gone from the stream. {} So the jobs behind it are never
    reaped.
stumbles-over-the-worker (F23): A worker renews or finishes a job that your function has listed. {} So the reaper stops
    before it's done.
stumbles-over-the-other: Two reapers run your function at once, without a crash. {} So the second one stops before it's
    done, because the first took a job that it had listed.
swallows-errors (F46): {} your function goes on as if the new entry were there, and removes the old one. So the job is
    gone.
takes-its-own: So it's pending with the reaper, which won't run it, and no worker gets it.
takes-waiting: So it's pending with the reaper, which won't run it, and no worker gets it.
trims-jobs (F03): Trimming deletes entries whether they've run or not. So those jobs are lost.
two-reapers (F29): {} So the second reaper didn't notice that the first had already taken the job.
unit-too-large (F10): They have been idle for up to 125 s, and the only one that it reaps for 19 hours. So it takes one
    of the times for another unit than milliseconds, and jobs stay pending for most of a day.
unit-too-small (F23): Your function reaps all jobs that have been idle for more than a moment. So it takes one of the
    times for another unit than milliseconds, and jobs that are still running run twice.
""")

REMARKS = Remarks("""
doubled: If a reaper dies between adding the new entry and removing the old one, the job runs twice. At-least-once
    allows it: a duplicate beats a loss.
leftover: If a reaper dies between `XACK` and `XDEL`, an entry stays that nothing will ever delete, and XLEN counts it
    for good (F01).
acts-on-old-news: A heartbeat may come after your function has listed a job, and before it takes it. Your function
    doesn't ask again, so it takes a job that isn't stale, and the job runs twice (F23).
late: A worker that's late, but alive, is reaped too, and its job runs twice: a reaper proves silence, not death (F23).
stall: If a reaper stands still after it has taken a job, its worker may finish the job meanwhile, or the lease may
    pass, and another reaper takes it. Your function doesn't ask again before it requeues the job, so it runs twice
    (F29).
half a script: If Redis is out of memory, the script stops half-way. The old entry is gone, and the new one is refused,
    because an error in Lua doesn't undo what came before it (F41, F46).
""")


def of_basics(problem: Problem) -> Idea | None:
    again = reads_again(problem)
    return IDEAS(again) if again in IDEAS else IDEAS.named(problem)


def of_many(problem: Problem) -> Idea | None:
    """Hundreds of stale jobs, behind others that aren't stale."""
    return IDEAS("endless") if problem.kind == "endless" else of_basics(problem)


def of_deleted(problem: Problem) -> Idea | None:
    return IDEAS.stumbles(problem, "stumbles-over-deleted") or IDEAS.named(problem)


def of_two(problem: Problem) -> Idea | None:
    """Several reapers, no faults."""
    if problem.schedule and len(_reapers(problem.schedule)) == 1:
        return _alone(problem)
    if problem.kind == "doubled" and problem.schedule:
        return _doubled(problem.schedule)
    kinds = {"lost": "lost-between-two", "stuck": "stuck-between-two", "leftover": "not-deleted"}
    if problem.kind in kinds:
        return IDEAS(kinds[problem.kind], problem.message)
    return IDEAS.stumbles(problem, "stumbles-over-the-other") or IDEAS.named(problem)


def _reapers(schedule: Schedule) -> list[str]:
    """The reapers that sent anything, in order. (A task of a reaper's is no other reaper.)"""
    programs = dict.fromkeys((frame.lane or "").partition("/")[0] for frame in steps(schedule))
    return [name for name in programs if name.startswith("reaper")]


def _alone(problem: Problem) -> Idea | None:
    """One reaper, without faults; perhaps a worker renews or finishes its job meanwhile."""
    worker = any(frame.lane == "worker" and frame.command for frame in frames(problem))
    facts = f"{'Its worker comes back' if worker else 'Nothing fails'} while your function is at work, and "
    if problem.kind in ("lost", "stuck", "doubled"):
        return IDEAS(
            "requeues-twice" if problem.kind == "doubled" else f"{problem.kind}-alone", facts + problem.message
        )
    if problem.kind == "leftover":
        return IDEAS("not-deleted", problem.message)
    return (IDEAS.stumbles(problem, "stumbles-over-the-worker") if worker else None) or IDEAS.named(problem)


def of_heartbeat(problem: Problem) -> Idea | Remark | None:
    """A heartbeat in between. A late worker's job may run twice; that it need not is worth saying."""
    if problem.kind != "acts-on-old-news":
        return of_two(problem)
    claims = [frame.command for frame in frames(problem) if shorten(frame) in ("XCLAIM", "XAUTOCLAIM")]
    if too_soon := [command for command in claims if int(command.split()[4]) < LEASE_MS]:
        return IDEAS("claims-too-soon", too_soon[0])
    return REMARKS(problem.kind)


def of_late(problem: Problem) -> Idea | Remark | None:
    """A worker that's late, but alive."""
    return REMARKS("late") if problem.kind == "doubled" else of_two(problem)


def of_rest(problem: Problem) -> Idea | Remark | None:
    """A reaper that's still at work when a worker finishes the job, by its own will or by a fault."""
    if problem.kind != "doubled":
        return IDEAS.named(problem)
    return REMARKS("stall") if problem.faults else IDEAS("rests-with-the-job")


def of_faults(problem: Problem) -> Idea | Remark | None:
    """One or two reapers, with faults."""
    if not problem.faults:
        return of_two(problem)
    if problem.kind in ("doubled", "leftover"):
        return REMARKS(problem.kind)
    if problem.kind in ("stuck", "endless", "hangs") and (lock := left_lock(problem)):
        return IDEAS("lock-without-ttl", f"The reaper died while it held the lock `{lock}`.")
    if problem.kind == "stuck" and problem.schedule:
        locks = [key for key in problem.schedule.frames[-1].content.keys if key != QUEUE.stream]
        facts = f"The reaper died while it held `{locks[0]}`." if locks else ""
        return IDEAS("lock-without-ttl", facts) if locks else IDEAS("never-looks-again")
    if problem.kind == "lost" and problem.schedule:
        return _lost(problem.schedule)
    return IDEAS.named(problem)


def _lost(schedule: Schedule) -> Idea | Remark | None:
    """A fault struck, and the job is gone: which of its traces went first?"""
    if not (struck := strike(schedule)):
        return None
    lost = next(finding.message.split()[1] for finding in schedule.findings if finding.kind == "lost")
    old, when = QUEUE.ids(schedule.frames[0].content)[lost], struck.when("reaper")
    if struck.kind == "refuse_memory":
        stops = struck.command == "script" and "OOM" in struck.past[-1].reply
        return REMARKS("half a script") if stops else IDEAS("swallows-errors", when)
    if old not in QUEUE.rows(struck.content):
        return IDEAS("ack-then-requeue", when)
    return IDEAS("lost-after-a-crash" if old in QUEUE.entries(struck.content) else "delete-then-requeue", when)


def _doubled(schedule: Schedule) -> Idea:
    """A lock that another reaper deleted; or the commands with which the second looked, and the first took."""
    owners: dict[str, str] = {}
    for frame in steps(schedule):
        command, key, *_ = *frame.command.split(), ""
        program = (frame.lane or "").partition("/")[0]
        if command == "SET" and frame.reply == "OK":
            owners[key] = program
        elif command in ("DEL", "UNLINK") and owners.pop(key, program) != program:
            return IDEAS("frees-anothers-lock", f"Your function deletes `{key}`, the lock of another reaper.")
    names = _reapers(schedule)
    sent = {name: [f for f in steps(schedule) if (f.lane or "").partition("/")[0] == name] for name in names}
    looks = [shorten(f) for f in sent[names[-1]] if shorten(f).startswith("X") and not writes(f)]
    moves = [shorten(f) for f in sent[names[0]] if writes(f)]
    look, move = next(iter(looks), "its look"), next(iter(moves), "its move")
    facts = "Two reapers run your function at once, and a job runs twice, without a crash and without delay."
    return IDEAS("two-reapers", f"{facts} Both saw by `{look}` that it's stale, before either took it by `{move}`.")
