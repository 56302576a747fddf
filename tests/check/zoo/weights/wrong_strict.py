"""The highest tier wins.

bug: strict-priority (F48)
"""

def draw_tier(heads, weights, rng):
    return next(tier for tier in ("high", "normal", "low") if tier in heads)
