"""The wrong ideas about reading a stream."""

from jobqueue.explorer import Problem
from jobqueue.lab.check.ideas import Ideas
from jobqueue.lab.check.story import brings, frames, reads_again, steps
from jobqueue.lab.check.verdict import Idea

READS = ("XRANGE", "XREAD", "XREVRANGE")

IDEAS = Ideas("""
hard-coded-name: So it can only ever read a single stream.
changes-the-stream: Reading a stream removes nothing, unlike a list. So the next reader no longer finds what was there.
not-ids: So the caller doesn't get entry ids, as texts, oldest first.
reads-it-again: "After an id" doesn't include that id. So a caller that reads on runs that job twice.
compares-texts: As words, "10-8" comes before "9-8", but ids are numbers. So entries that are new count as old.
drops-the-first: "0-0" comes before the first entry, and no entry has that id. So the first job of a stream is never
    run.
drops-the-last: The newest entry has been added too. So the last job of a stream isn't run until another one comes.
drops-what-it-read: It had been given entries, and returns none of them. So the caller never gets to know them.
leaves-a-group: A group keeps a position and a pending list of its own. So each call leaves something behind in Redis.
nothing-from-the-start: "0-0" comes before the first entry. So whatever is in the stream is new, and stays unread.
stays-on-the-last (F27): Your function asks for the next page from the last entry on, and that entry is on it
    again. So no page is ever empty, and your function never comes to an end.
same-page (F27): Your function reads the same page again and again, without going on from its last entry. So it never
    comes to an end.
returns-nothing: So what's there stays unread.
reads-nothing (F05): To Redis, `$` means "added from now on". So what's there already stays unread.
one-page (F27): `count` limits one reply, not the stream. So entries that didn't fit in stay unread.
skips: Entries of one millisecond differ only in the number after the dash. So an id that is made up jumps over some.
out-of-order: A stream keeps its order, and ids are numbers, not words. So the caller runs jobs in the wrong order.
twice: Two pages that share an entry do that. So a caller runs that job twice.
starts-over: So old entries are read again each time, and their jobs run again.
waits-for-ever: Your function doesn't come to an end when there's nothing new to read. So its caller hangs.
""")


def diagnose(problem: Problem) -> Idea | None:
    """The rule has named it, or the function never came to an end."""
    if again := reads_again(problem):
        return IDEAS(again)
    if problem.kind in ("hangs", "endless") and any(frame.command.startswith(READS) for frame in frames(problem)):
        return IDEAS("waits-for-ever")
    if problem.kind in ("reads-nothing", "nothing-from-the-start") and problem.schedule:
        sent = steps(problem.schedule, "reader")
        if any("$" in frame.command.split() for frame in sent):
            return IDEAS("reads-nothing", problem.message)
        if problem.kind == "reads-nothing":
            return IDEAS("drops-what-it-read" if any(map(brings, sent)) else "returns-nothing", problem.message)
    return IDEAS.named(problem)
