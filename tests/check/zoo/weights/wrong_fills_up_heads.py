"""Adds the tiers without work, so that each has an age.

bug: changes-heads
"""

def draw_tier(heads, weights, rng):
    for tier in weights:
        heads.setdefault(tier, 0.0)
    return rng.choices(list(heads), [weights[tier] for tier in heads])[0]
