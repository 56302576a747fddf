"""Six turns for high, three for normal, one for low, by a counter of its own.

bug: not-by-rng
"""

turns = iter(range(10**9))


def draw_tier(heads, weights, rng):
    slips = [tier for tier in heads for _ in range(weights[tier])]
    return slips[next(turns) % len(slips)]
