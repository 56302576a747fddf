"""A lot as an object, with sums and a binary search."""

from bisect import bisect
from itertools import accumulate


class Lot:
    def __init__(self, shares):
        self.tiers = list(shares)
        self.sums = list(accumulate(shares.values()))

    def draw(self, rng):
        return self.tiers[bisect(self.sums, rng.randrange(self.sums[-1]))]


def draw_tier(heads, weights, rng):
    return Lot({tier: weight for tier, weight in weights.items() if tier in heads}).draw(rng)
