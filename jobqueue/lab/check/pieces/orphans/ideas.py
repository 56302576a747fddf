"""The wrong ideas about finding orphans."""

from jobqueue.explorer import Problem
from jobqueue.lab.check.ideas import Ideas
from jobqueue.lab.check.story import reads_again
from jobqueue.lab.check.verdict import Idea

IDEAS = Ideas("""
hard-coded-names: So it can only ever look after a single queue.
takes-waiting (F06): Reading with `>` delivers new entries. So a job that waited now belongs to a consumer that won't
    run it.
removes (F13): So that job is lost to every worker.
takes-away (F26): So it's pending under a consumer that won't run it, and it looks fresh.
resets-the-clock (F26): So the next one to look takes it for fresh, and the orphan stays where it is.
not-ids: So the caller doesn't get entry ids, as texts.
counts-what-is-not-pending (F01): The stream holds all entries, and the pending list is another structure. So a job that
    nobody has lost is taken for an orphan.
counts-fresh (F23): Its worker is still busy with it. So a job that's running is taken for an orphan, and runs twice.
finds-none (F10): Those jobs are pending, and their workers are silent. So they stay pending for good.
finds-some (F10): Any consumer's entry can be an orphan. So these jobs stay pending for good.
age-is-not-idle (F23): Your function goes by the age of an entry, which says nothing about how long its worker has been
    silent. So a job that waited for long is taken from a worker that has just begun.
another-group: Your function returns what's pending in another group of the stream. Each group has a pending list of its
    own. So it looks after the wrong workers.
compares-texts: Your function compares idle times as texts, and "7000" comes after "60000". So a job that's running is
    taken for an orphan, and an orphan that's idle for 125000 ms is left out.
excludes-the-limit: Your function leaves out the entry that has been idle for exactly `idle_ms`. "At least" includes the
    limit. So your function and its caller disagree about which entries are orphans.
stays-on-the-last (F27): Your function asks for the next page from the last entry on, and that entry is on it again. So
    no page is ever empty, and your function never comes to an end.
same-page (F27): Your function reads the same page again and again, and reading takes nothing off the pending list. So
    it never comes to an end.
unit-too-large: Of four orphans, your function returns only the one that has been idle for 19 hours. So it takes
    `idle_ms`, or the idle times, for another unit than milliseconds, and jobs stay pending for most of a day.
unit-too-small (F23): Your function returns each entry that has been idle for more than a moment. So it takes `idle_ms`,
    or the idle times, for another unit than milliseconds, and a job that's running is taken for an orphan.
judges-consumers (F68): Your function leaves out two orphans of bob, because he is busy with a third job. A consumer
    that is alive can hold an entry that it never saw, because the reply was lost. So that job stays pending for good.
one-page (F27): The pending list comes in pages. So everything after the first page is never looked at.
only-a-prefix (F27): Fresh entries stand in front of the stale ones and fill the first page. So no orphan is ever met.
twice: Two pages that share an entry do that. So the caller requeues that job twice.
""")


def diagnose(problem: Problem) -> Idea | None:
    """The rule has named it, or the function reads the same page again and again."""
    if again := reads_again(problem):
        return IDEAS(again)
    if problem.kind.startswith("compares-texts"):
        return IDEAS("compares-texts")
    return IDEAS.named(problem)
