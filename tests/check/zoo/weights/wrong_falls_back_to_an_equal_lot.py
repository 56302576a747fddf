"""If the tier it drew has no work, all others have the same chance.

bug: wrong-shares
"""

def draw_tier(heads, weights, rng):
    (tier,) = rng.choices(list(weights), list(weights.values()))
    return tier if tier in heads else rng.choice(list(heads))
