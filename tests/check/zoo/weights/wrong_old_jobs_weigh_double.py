"""A job that has waited for a minute makes its tier twice as heavy.

bug: ages-count
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), [weights[tier] * (2 if heads[tier] >= 60 else 1) for tier in heads])[0]
