"""The faults that last, from the mark that begins each to the one that ends it."""

from collections.abc import Iterable

from jobqueue.lab.fleet.members import Member
from jobqueue.lab.recording.frame import Mark
from jobqueue.lab.recording.recorder import Recorder


class Marks:
    """The faults in force now, on a worker or on Redis; each with its mark in the recording."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self._lasting: dict[tuple[str, str], Mark] = {}

    def note(self, label: str) -> None:
        """Name this moment, as one at which nothing went wrong."""
        self.recorder.mark(label, fault=False)

    def begin(self, kind: str, label: str, member: Member | None = None, word: str = "") -> None:
        """Put a fault in force from now on. One of the same kind on the same worker ends."""
        self.end(kind, member)
        self._lasting[member.name if member else "", kind] = self.recorder.mark(label, lasts=True)
        if member and word:
            member.suffers[kind] = word

    def end(self, kind: str, member: Member | None = None) -> None:
        """End a fault. Nothing happens if it isn't in force."""
        if mark := self._lasting.pop((member.name if member else "", kind), None):
            self.recorder.end(mark)
        if member:
            member.suffers.pop(kind, None)

    def of(self, member: Member | None = None) -> list[str]:
        """The kinds in force on a worker, or on Redis if no worker is given."""
        return [kind for name, kind in self._lasting if name == (member.name if member else "")]

    def bury(self, members: Iterable[Member]) -> None:
        """End the faults of workers that are dead."""
        for member in members:
            for kind in self.of(member) if not member.alive else ():
                self.end(kind, member)
