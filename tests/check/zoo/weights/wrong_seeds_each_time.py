"""A generator of its own, with the same seed for every draw.

bug: no-chance
"""

import random


def draw_tier(heads, weights, rng):
    return random.Random(1).choices(list(heads), [weights[tier] for tier in heads])[0]
