"""The small values of a search: a choice, the record of what it did, and a finding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

#: A command as it's sent, and the commands that go together in one step.
Command: TypeAlias = tuple[bytes, ...]
Commands: TypeAlias = tuple[Command, ...]

#: Whatever Redis answers. Its shape depends on the command, so no type can say more.
Reply: TypeAlias = Any

#: Whatever a program recorded, such as ("ran", "7").
Effect: TypeAlias = tuple[Any, ...]


class Choice(NamedTuple):
    """One decision of the scheduler. `kind` is "step", "wait" (time passes, as no program can act) or a fault's name.

    `lane` is the lane that takes the step, or None when time passes. `seconds` is how much time passes.
    """

    kind: str
    lane: str | None = None
    seconds: float = 0

    @property
    def is_fault(self) -> bool:
        return self.kind not in ("step", "wait")

    def __str__(self) -> str:
        if self.lane is None:
            return f"{self.kind} {self.seconds:g} s"
        return self.lane if self.kind == "step" else f"{self.kind} {self.lane}"


class Record(NamedTuple):
    """The effect of a choice, kept so that it can be repeated without the server.

    Attributes:
        commands: as the program sent them; empty for a crash and when time passes.
        wire: the bytes that repeat its effect on Redis, and
        reply_count: how many replies they bring.
        replies: the program's replies; None if it got none, because it crashed or is parked in a blocking read.
        woken: (lane, reply) of the blocking reads that this step ended.
        raw: the replies of Redis, even if the program never got them.
        watched: the keys that its client WATCHes, and so it went over a connection of its own.
        calls: the commands that its scripts sent; None if that isn't known.
    """

    choice: Choice
    commands: Commands = ()
    wire: bytes = b""
    reply_count: int = 0
    replies: list[Reply] | None = None
    woken: tuple[tuple[str, Reply], ...] = ()
    raw: tuple[Reply, ...] = ()
    watched: frozenset[bytes] = frozenset()
    calls: Commands | None = ()


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth saying, about one schedule.

    kind: "lost", "duplicated", "unexpected", "recovered" (Jepsen's words), "stuck", "over capacity", …; or, of a
        program: "raised", "hangs", "spins", "endless", "leaks a task", "not awaited", "not deterministic", "uses too
        much memory"; or a Trespass: "ends the program", "starts a process", "changes the server", …
    message: one sentence for the learner.
    program: which program, where that is known.
    """

    kind: str
    message: str
    program: str | None = None


class NotDeterministic(Exception):
    """A program behaved differently from last time, although it got the same replies."""

    def __init__(self, lane: str, before: Commands | None, now: Commands | None):
        first = describe(before)[:200] if before else "something"
        second = describe(now)[:200] if now else "nothing"
        super().__init__(
            f"{lane} sent {first} in one run and {second} in another, although it got the same replies in both. "
            "It goes by something else, such as a global variable or a file"
        )


def describe(commands: Commands, scripts: Mapping[bytes, str] | None = None) -> str:
    """Commands in one line: `XACK jobs workers 1-0`. For a transaction it's the part between MULTI and EXEC.

    `scripts` has names for the hashes of scripts. A hash without a name is cut short.
    """
    return " · ".join(_line(command, scripts or {}) for command in (commands[1:-1] if len(commands) > 1 else commands))


def _line(command: Command, scripts: Mapping[bytes, str]) -> str:
    words = [word.decode("utf-8", "backslashreplace") for word in command]
    if command[0].startswith(b"EVALSHA"):
        words[1] = scripts.get(command[1], words[1][:7])
    return " ".join(words)


def join(records: list[Record]) -> tuple[bytes, int]:
    """The bytes that repeat the effect of `records` on Redis, and how many replies they bring."""
    return b"".join(record.wire for record in records), sum(record.reply_count for record in records)


def flatten_errors(reply: Reply) -> Reply:
    """Make `reply` fit for a fingerprint: an error becomes its text."""
    if isinstance(reply, list):
        return [flatten_errors(item) for item in reply]
    return str(reply) if isinstance(reply, Exception) else reply
