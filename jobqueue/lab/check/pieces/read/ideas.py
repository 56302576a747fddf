"""The wrong ideas about reading a stream."""

from jobqueue.explorer import Problem
from jobqueue.lab.check.ideas import Ideas
from jobqueue.lab.check.verdict import Idea

IDEAS = Ideas("""
hard-coded-name: So it can only ever read a single stream.
changes-the-stream: Reading a stream removes nothing, unlike a list. So the next reader no longer finds what was there.
not-ids: So the caller doesn't get entry ids, as texts, oldest first.
reads-it-again: "After an id" doesn't include that id. So a caller that reads on runs that job twice.
reads-nothing (F05): To Redis, `$` means "added from now on". So what's there already stays unread.
one-page (F27): `count` limits one reply, not the stream. So everything after the first page stays unread.
skips: Entries of one millisecond differ only in the number after the dash. So an id that is made up jumps over some.
out-of-order: A stream keeps its order, and ids are numbers, not words. So the caller runs jobs in the wrong order.
twice: Two pages that share an entry do that. So a caller runs that job twice.
starts-over: So old entries are read again each time, and their jobs run again.
waits-for-ever: Your function doesn't come to an end when there's nothing new to read. So its caller hangs.
""")


def diagnose(problem: Problem) -> Idea | None:
    """The rule has named it, or the function never came to an end."""
    if problem.kind in ("hangs", "endless"):
        return IDEAS("waits-for-ever")
    return IDEAS.named(problem)
