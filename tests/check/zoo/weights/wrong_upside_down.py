"""The greater the weight, the rarer.

bug: weights-upside-down
"""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), [1 / weights[tier] for tier in heads])[0]
