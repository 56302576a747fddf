"""The small values a search is made of: choices, what a step did, what was found."""

from dataclasses import dataclass
from typing import NamedTuple


class Choice(NamedTuple):
    """One decision of the scheduler. `kind` is "step", "wait" (nobody can act: time passes) or the name of a fault.

    `lane` is whose step it is, None when time passes; `seconds` is how much time passes.
    """

    kind: str
    lane: str | None = None
    seconds: float = 0

    @property
    def is_fault(self) -> bool:
        return self.kind not in ("step", "wait")

    def __str__(self):
        if self.lane is None:
            return f"{self.kind} {self.seconds:g} s"
        return self.lane if self.kind == "step" else f"{self.kind} {self.lane}"


class Record(NamedTuple):
    """What a choice did, kept so that it can be repeated without asking the server.

    Attributes:
        commands: as the program sent them; empty for a crash and when time passes.
        wire: the bytes that repeat its effect on Redis, and
        count: how many replies they bring.
        replies: what the program was answered; None if nothing (it crashed, or is parked in a blocking read).
        woken: (lane, reply) of the blocking reads that this step ended.
        raw: what Redis answered, also when the program never saw it.
    """

    choice: Choice
    commands: tuple = ()
    wire: bytes = b""
    count: int = 0
    replies: list | None = None
    woken: tuple = ()
    raw: tuple = ()
    watches: bool = False


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth saying, about one schedule.

    kind: "lost", "duplicated", "unexpected", "recovered" (Jepsen's words), "stuck", "over capacity", …; or, of a
        program: "raised", "hangs", "spins", "endless", "leaks a task", "not awaited", "not deterministic"
    message: one sentence for the learner.
    program: which program, where that is known.
    """

    kind: str
    message: str
    program: str | None = None


class NotDeterministic(Exception):
    """A program did something else than last time, although everything it was told was the same."""

    def __init__(self, lane: str, before: tuple | None, now: tuple | None):
        before, then = shown(before) if before else "something", shown(now) if now else "nothing"
        super().__init__(
            f"{lane} sent {before} in one run and {then} in another, although everything it was told was the "
            "same. Does it keep something in a global variable, or use datetime.now()?"
        )


def shown(commands: tuple, scripts: dict[bytes, str] = {}) -> str:  # noqa: B006 (never written to)
    """Commands in one line: `XACK jobs workers 1-0`; of a transaction, what stands between MULTI and EXEC.

    `scripts` has names for the hashes of scripts; without one, a hash is cut short.
    """
    return " · ".join(_line(command, scripts) for command in (commands[1:-1] if len(commands) > 1 else commands))


def _line(command: tuple[bytes, ...], scripts: dict[bytes, str]) -> str:
    words = [word.decode("utf-8", "backslashreplace") for word in command]
    if command[0].startswith(b"EVALSHA"):
        words[1] = scripts.get(command[1], words[1][:7])
    return " ".join(words)


def together(records: list[Record]) -> tuple[bytes, int]:
    """The bytes that repeat what `records` did to Redis, and how many replies they bring."""
    return b"".join(record.wire for record in records), sum(record.count for record in records)


def plain(reply):
    """Only what can be fingerprinted: errors by their words."""
    if isinstance(reply, list):
        return [plain(item) for item in reply]
    return str(reply) if isinstance(reply, Exception) else reply
