"""The greatest weight wins.

bug: always-heaviest (F48)
"""

def draw_tier(heads, weights, rng):
    return max(heads, key=weights.get)
