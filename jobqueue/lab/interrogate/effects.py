"""The notes that jobs themselves make when they run: the only witness of an experiment."""

from pathlib import Path

import msgspec


class Effect(msgspec.Struct, array_like=True):
    """A note of a job: it started, ended, failed or was cut off, in this process, at this time."""

    id: str
    event: str
    pid: int
    at: float


class Effects:
    """A reader of the notes that jobs have made in `folder`. (host.py writes them.)"""

    folder: Path

    def effects(self) -> list[Effect]:
        """All notes so far."""
        path = self.folder / "effects"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [msgspec.json.decode(line, type=Effect) for line in lines]

    def times(self, job_id: str, event: str = "start") -> list[float]:
        """The times at which that happened to a job."""
        return [effect.at for effect in self.effects() if effect.id == job_id and effect.event == event]

    def ran(self, event: str = "end") -> set[str]:
        """The jobs to which it happened."""
        return {effect.id for effect in self.effects() if effect.event == event}

    def tally(self) -> int:
        """The number of jobs of the kind "noop" that have run."""
        path = self.folder / "tally"
        return path.stat().st_size if path.exists() else 0
