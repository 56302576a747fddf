"""The faults that last, from the mark that begins each to the one that ends it."""

from collections.abc import Iterable

from jobqueue.lab.crew import Member
from jobqueue.lab.recorder import Recorder


class Marks:
    """What is in force now, on which worker or on Redis; each with its mark in the recording."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self._lasting: dict[tuple[str, str], dict] = {}

    def begin(self, kind: str, label: str, member: Member | None = None, word: str = "") -> None:
        """From now on. What was in force of the same kind, on the same worker, ends."""
        self.end(kind, member)
        self._lasting[member.name if member else "", kind] = self.recorder.mark(label, lasts=True)
        if member and word:
            member.suffers[kind] = word

    def end(self, kind: str, member: Member | None = None) -> None:
        """From now on no more; nothing happens if it was not in force."""
        if mark := self._lasting.pop((member.name if member else "", kind), None):
            self.recorder.end(mark)
        if member:
            member.suffers.pop(kind, None)

    def of(self, member: Member | None = None) -> list[str]:
        """The kinds in force on a worker; without one, on Redis."""
        return [kind for name, kind in self._lasting if name == (member.name if member else "")]

    def bury(self, members: Iterable[Member]) -> None:
        """End what lasted on those who live no more."""
        for member in members:
            for kind in self.of(member) if not member.alive else ():
                self.end(kind, member)
