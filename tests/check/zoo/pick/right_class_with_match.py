"""Candidates as a dataclass with an order of its own, and `match` for the bonus of each tier."""

from dataclasses import dataclass, field


@dataclass(order=True, frozen=True)
class Candidate:
    score: float
    rank: int
    tier: str = field(compare=False)


def bonus(tier):
    match tier:
        case "high":
            return 50.0, 2
        case "normal":
            return 25.0, 1
        case _:
            return 0.0, 0


def pick(heads):
    def candidate(tier, age):
        start, rank = bonus(tier)
        return Candidate(age + start, rank, tier)

    return max(candidate(tier, age) for tier, age in heads.items()).tier
