"""`choices` returns a list, also of one.

bug: returns-no-tier
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), [weights[tier] for tier in heads])
