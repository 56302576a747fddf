"""What commands touch in Redis: the parts that they read, and those that they may change.

A part is a key. A stream has two: its entries, and its groups with their pending lists. XACK changes nothing that
XRANGE reads, and XADD nothing that XPENDING reads.
"""

from functools import lru_cache
from typing import NamedTuple, TypeAlias

from jobqueue.explorer.record import Commands
from jobqueue.explorer.redis_seam.commands import CommandTable

#: A key, and what of it.
Part: TypeAlias = tuple[bytes, str]

ENTRIES, GROUPS = "entries", "groups"
WHOLE = (ENTRIES, GROUPS)  # a key that is no stream is its entries

#: (parts read, parts changed) of commands that don't do to a whole key what their flags say.
IN_PARTS: dict[bytes, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys((b"XLEN", b"XRANGE", b"XREVRANGE", b"XREAD"), ((ENTRIES,), ())),
    **dict.fromkeys((b"XADD", b"XDEL", b"XTRIM"), ((), (ENTRIES,))),
    **dict.fromkeys((b"XCLAIM", b"XAUTOCLAIM", b"XREADGROUP"), ((ENTRIES,), (GROUPS,))),
    b"XPENDING": ((GROUPS,), ()),
    b"XACK": ((), (GROUPS,)),
    b"WATCH": (WHOLE, ()),
}

#: Commands that touch nothing by themselves. A script's calls do; and no program hears what's published.
SILENT = {b"EVAL", b"EVALSHA", b"EVAL_RO", b"EVALSHA_RO", b"PUBLISH", b"SPUBLISH"}


class Touched(NamedTuple):
    """The parts that commands read and don't change, and those that they may change."""

    read: frozenset[Part]
    changed: frozenset[Part]

    def commutes_with(self, other: "Touched") -> bool:
        """Whether neither changes what the other touches."""
        return self.changed.isdisjoint(other.read | other.changed) and other.changed.isdisjoint(self.read)


NOTHING = Touched(frozenset(), frozenset())


@lru_cache(maxsize=10_000)  # every order has the same few commands
def touched(table: CommandTable, commands: Commands, watched: frozenset[bytes] = frozenset()) -> Touched | None:
    """The parts that these commands touch; None if they may touch any, or anything else of the server.

    Scripts are left aside, so give the commands that they sent as well. `watched` are the keys that their client
    WATCHes: whether EXEC fails depends on all that happened to them.
    """
    read: set[Part] = set()
    changed: set[Part] = set()
    for command in commands:
        if command[0] in SILENT:
            continue
        keys = table.keys_of([command])
        if keys is None:
            return None
        reads_only = b"readonly" in table.flags_of([command])
        reads, changes = IN_PARTS.get(command[0], (WHOLE, ()) if reads_only else ((), WHOLE))
        read.update((key, part) for key in keys for part in reads)
        changed.update((key, part) for key in keys for part in changes)
        if command[0] == b"EXEC":
            read.update((key, part) for key in watched for part in WHOLE)
    return Touched(frozenset(read - changed), frozenset(changed))
