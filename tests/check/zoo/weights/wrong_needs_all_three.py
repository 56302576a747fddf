"""Takes for granted that each tier has work.

bug: needs-every-tier
"""

def draw_tier(heads, weights, rng):
    return min(heads, key=lambda tier: rng.expovariate(weights[tier]) + 0 * heads["high"])
