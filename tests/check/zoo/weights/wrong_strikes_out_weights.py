"""Strikes out the tiers without work, in the caller's own dict.

bug: changes-weights
"""

def draw_tier(heads, weights, rng):
    for tier in list(weights):
        if tier not in heads:
            del weights[tier]
    return rng.choices(list(weights), list(weights.values()))[0]
