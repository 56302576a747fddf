"""Short names for entries, whose ids are long and look alike: e1, e2, … in the order in which frames show them."""

from jobqueue.lab.recording.frame import WorldFrame

KEPT = 20_000  # names; beyond that, the oldest are forgotten


class EntryNames:
    """The names in one world. All its pictures share them, so that e5 is the same entry in each."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._given = 0

    def learn(self, frame: WorldFrame) -> None:
        """Give a name to each entry of the frame that has none yet, the oldest first."""
        entries = {(row.tier, row.entry) for row in frame.ledger}
        entries |= {(tier, job.entry) for tier, jobs in frame.heads.items() for job in jobs}
        new = [entry for entry in entries if entry not in self._names]  # `-` walks through all names
        for entry in sorted(new, key=_age):
            self._given += 1
            self._names[entry] = f"e{self._given}"
        while len(self._names) > KEPT:
            del self._names[next(iter(self._names))]

    def name(self, tier: str, entry: str) -> str:
        """The entry's name; "" if no frame has shown it."""
        return self._names.get((tier, entry), "")


def _age(entry: tuple[str, str]) -> list[int]:
    """An id as numbers, in whose order entries are older or younger."""
    return [int(part) for part in entry[1].split("-") if part.isdigit()]
