"""The server's own table of commands: their flags, and those by which one program changes the server for all."""

from collections.abc import Iterable

from jobqueue.explorer.record import Command, Reply
from jobqueue.explorer.redis_seam.keys import keys_of

#: Commands that change the server for all, although Redis gives them no flag that says so.
FOR_ALL = {b"CLIENT REPLY", b"MIGRATE", b"SCRIPT FLUSH", b"SCRIPT DEBUG", b"SWAPDB"}

#: Subcommands that have the flag although they only ask, or concern one connection.
HARMLESS = (b"GET", b"LIST", b"LEN", b"LOG", b"USERS", b"GETUSER", b"DRYRUN", b"LATEST", b"HISTORY", b"UNBLOCK")

#: Commands around those of a transaction.
TRANSACTION = (b"MULTI", b"EXEC", b"DISCARD")


class CommandTable:
    """`rows` is the server's answer to COMMAND."""

    def __init__(self, rows: list[Reply]):
        self.flags: dict[bytes, frozenset[bytes]] = {row[0].upper(): frozenset(row[2]) for row in rows}
        fulls = [full for row in rows for full in (row, *(row[9] if len(row) > 9 else ()))]  # with their subcommands
        named = [(full[0].upper().replace(b"|", b" "), full) for full in fulls]
        self.specs: dict[bytes, list[Reply]] = {name: full[8] for name, full in named if len(full) > 8}
        self.for_all: set[bytes] = FOR_ALL | {
            name for name, full in named if b"admin" in full[2] and not full[0].upper().endswith(HARMLESS)
        }

    def changes_all(self, command: Command) -> str | None:
        """The name of `command` if it changes the server for every program, as CONFIG SET does."""
        for words in (command[:1], command[:2]):
            if (name := b" ".join(words).upper()) in self.for_all:
                return name.decode(errors="replace")
        return None

    def keys_of(self, commands: Iterable[Command]) -> frozenset[bytes] | None:
        """The keys that these commands touch; None if they may touch any key, or anything else of the server."""
        touched: set[bytes] = set()
        for command in commands:
            if command[0] in TRANSACTION:
                continue
            specs = self.specs.get(command[0]) or self.specs.get(b" ".join(command[:2]).upper(), [])
            keys = keys_of(command, specs)
            if keys is None:
                return None
            touched |= keys
        return frozenset(touched)

    def flags_of(self, commands: list[Command]) -> set[bytes]:
        """The flags that Redis gives these commands: "readonly", "denyoom" (refused when memory is full), …"""
        return set().union(*(self.flags.get(name, ()) for name, *_ in commands))
