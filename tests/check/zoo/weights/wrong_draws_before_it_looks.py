"""The lot is drawn among all tiers, whether they have work or not.

bug: draws-empty-tier (F49)
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(weights), list(weights.values()))[0]
