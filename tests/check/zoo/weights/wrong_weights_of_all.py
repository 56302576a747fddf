"""As many weights as there are tiers, whether they have work or not.

bug: needs-every-tier
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), list(weights.values()))[0]
