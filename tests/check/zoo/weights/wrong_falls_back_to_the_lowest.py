"""If the tier it drew has no work, it takes the lowest that has some.

bug: leftover-to-one
"""

def draw_tier(heads, weights, rng):
    (tier,) = rng.choices(list(weights), list(weights.values()))
    return tier if tier in heads else next(each for each in ("low", "normal", "high") if each in heads)
