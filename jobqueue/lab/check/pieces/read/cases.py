"""The checker of `read_after`: what it tries."""

from collections.abc import Iterator

from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.read.ideas import diagnose
from jobqueue.lab.check.pieces.read.worlds import scenario, writer


@checker(
    "async def read_after(redis, stream, after)",
    "01-streams · Repair",
    "{schedules:,} schedules, {states:,} states, every entry once, nothing taken away",
)
def read(piece: Piece) -> Iterator[Case]:
    """Check `async def read_after(redis, stream, after)`.

    The task: return the ids of all entries that were added after the entry `after`, oldest first. "0-0" comes before
    the first entry. Take nothing away. With nothing new, return an empty list.

    The checker tries this, each time with a fresh Redis: a stream with several entries per millisecond, from its middle
    and from its start; 350 entries; a stream with nothing new, and one that doesn't exist; and an entry that another
    program adds meanwhile, in every order.
    """
    yield Case("twelve entries, some of one millisecond", scenario(piece, 12, 4), diagnose)
    yield Case("the start of a stream", scenario(piece, 5, 0), diagnose)
    yield Case("350 entries", scenario(piece, 350, 1), diagnose, 1, 2_000, recognise=False)
    yield Case("nothing new", scenario(piece, 5, 5), diagnose)
    yield Case("no stream at all", scenario(piece, 0, 0), diagnose)
    yield Case("another program adds an entry meanwhile", scenario(piece, 3, 1, writer), diagnose)
