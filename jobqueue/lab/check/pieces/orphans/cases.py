"""The checker of `find_orphans`: what it tries."""

from collections.abc import Iterator

from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.orphans.ideas import diagnose
from jobqueue.lab.check.pieces.orphans.worlds import few, many, none, scenario


@checker(
    "async def find_orphans(redis, stream, group, idle_ms)",
    "02-consumer-groups · Repair",
    "{schedules:,} schedules, {states:,} states, every orphan found, nothing touched",
)
def orphans(piece: Piece) -> Iterator[Case]:
    """Check `async def find_orphans(redis, stream, group, idle_ms)`.

    The task: return the ids of all entries of `group` that are pending and have been idle for at least `idle_ms`,
    under any consumer, in any order. Change nothing.

    The checker tries this, each time with a fresh Redis, in one run:

    1. Four orphans under three consumers, one of which is working on something else; four fresh entries; one that was
       acknowledged, and one that waits. One of the orphans has been idle for exactly `idle_ms`. Another group of the
       same stream has entries pending too.
    2. 260 orphans behind 120 fresh entries.
    3. Nothing is pending.
    """
    yield Case("orphans, fresh entries, and what waits", scenario(piece, few), diagnose, 100)
    yield Case("260 orphans behind 120 fresh entries", scenario(piece, many), diagnose, 1, 2_000, recognise=False)
    yield Case("nothing is pending", scenario(piece, none), diagnose)
