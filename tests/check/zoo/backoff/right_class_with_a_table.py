"""A policy object with a table of bounds; the last one holds for good."""

from dataclasses import dataclass, field


@dataclass
class Backoff:
    base: float = 0.8
    factor: float = 1.9
    cap: float = 60.0
    table: list = field(default_factory=list)

    def __post_init__(self):
        bound = self.base
        while bound < self.cap:
            self.table.append(bound)
            bound *= self.factor
        self.table.append(self.cap)

    def wait(self, attempt, rng):
        return rng.uniform(0, self.table[min(attempt, len(self.table)) - 1])


POLICY = Backoff()


def backoff(attempt, rng):
    return POLICY.wait(attempt, rng)
