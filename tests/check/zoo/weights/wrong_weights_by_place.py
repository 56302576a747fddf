"""The first weights for however many tiers have work.

bug: weights-by-place
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), list(weights.values())[: len(heads)])[0]
