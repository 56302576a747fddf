"""If the tier it drew has no work, there is nothing to do.

bug: returns-nothing (F49)
"""

def draw_tier(heads, weights, rng):
    (tier,) = rng.choices(list(weights), list(weights.values()))
    return tier if tier in heads else None
