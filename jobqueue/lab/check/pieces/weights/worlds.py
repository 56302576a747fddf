"""The heads and weights that a draw is asked about."""

import itertools
from dataclasses import dataclass

from jobqueue.keys import TIERS

#: What lesson 08 uses, equal ones, steep ones, and ones by which low jobs go first.
WEIGHTS = (
    {"high": 6, "normal": 3, "low": 1},
    {"high": 1, "normal": 1, "low": 1},
    {"high": 20, "normal": 5, "low": 2},
    {"high": 1, "normal": 2, "low": 4},
)
Ages = dict[str, float]

YOUNG: Ages = {"high": 3.0, "normal": 2.0, "low": 1.0}
OLD: Ages = {"high": 0.5, "normal": 60.0, "low": 4_000.0}

#: Draws for each lot. Of one tier alone, a few tell everything.
MANY, FEW = 400, 50


@dataclass(frozen=True)
class Lot:
    """Heads and weights, as the function is given them, and how often it's asked.

    Attributes:
        twist: "", or how it differs from the lot with the same tiers and weights: "order", "ages".
    """

    heads: Ages
    weights: dict[str, int]
    twist: str
    draws: int

    @property
    def shares(self) -> dict[str, float]:
        """The part of the draws that each tier with work is to get."""
        total = sum(self.weights[tier] for tier in self.heads)
        return {tier: self.weights[tier] / total for tier in self.heads}


def all_lots() -> list[Lot]:
    """The fewest tiers first. Always the same ones, in the same order."""
    lots: list[Lot] = []
    for number, weights in itertools.product((1, 2, 3), WEIGHTS):
        for tiers in itertools.combinations(TIERS, number):
            young: Ages = {tier: YOUNG[tier] for tier in tiers}
            old: Ages = {tier: OLD[tier] for tier in tiers}
            lots.append(Lot(young, weights, "", FEW if number == 1 else MANY))
            if number > 1:
                backwards = dict(reversed(young.items())), dict(reversed(weights.items()))
                lots.append(Lot(*backwards, "order", MANY))
                lots.append(Lot(old, weights, "ages", MANY))
    return lots
