"""Draws again, but only once.

bug: draws-empty-tier (F49)
"""

def draw_tier(heads, weights, rng):
    for _ in range(2):
        (tier,) = rng.choices(list(weights), list(weights.values()))
        if tier in heads:
            break
    return tier
