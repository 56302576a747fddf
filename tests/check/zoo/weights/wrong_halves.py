"""Weights in halves, rounded down: a weight of 1 is nothing.

bug: fails
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), [weights[tier] // 2 for tier in heads])[0]
