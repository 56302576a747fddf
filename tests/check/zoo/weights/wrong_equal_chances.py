"""Looks first, and forgets the weights.

bug: ignores-weights
"""

def draw_tier(heads, weights, rng):
    return rng.choice(list(heads))
