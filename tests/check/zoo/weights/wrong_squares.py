"""Weights, squared.

bug: wrong-shares
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), [weights[tier] ** 2 for tier in heads])[0]
