"""What jobs write down themselves when they run: the only witness of an experiment."""

from pathlib import Path

import msgspec


class Effect(msgspec.Struct, array_like=True):
    """What a job wrote down: that it started, ended, failed or was cut off, in which process, and when."""

    id: str
    what: str
    pid: int
    at: float


class Effects:
    """Reads what jobs have written in `folder` (host.py writes it)."""

    folder: Path

    def effects(self) -> list[Effect]:
        """All that jobs have written down so far."""
        path = self.folder / "effects"
        lines = path.read_bytes().splitlines() if path.exists() else []
        return [msgspec.json.decode(line, type=Effect) for line in lines]

    def times(self, job_id: str, what: str = "start") -> list[float]:
        """When that happened to a job, each time it did."""
        return [effect.at for effect in self.effects() if effect.id == job_id and effect.what == what]

    def ran(self, what: str = "end") -> set[str]:
        """The jobs to which it happened."""
        return {effect.id for effect in self.effects() if effect.what == what}

    def tally(self) -> int:
        """How many jobs of the kind "noop" have run."""
        path = self.folder / "tally"
        return path.stat().st_size if path.exists() else 0
