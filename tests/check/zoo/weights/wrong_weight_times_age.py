"""An old job makes its tier heavier.

bug: wrong-shares
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), [weights[tier] * heads[tier] for tier in heads])[0]
