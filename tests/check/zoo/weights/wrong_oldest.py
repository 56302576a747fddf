"""The oldest job wins.

bug: no-chance
"""

def draw_tier(heads, weights, rng):
    return max(heads, key=heads.get)
