"""Chance comes from the module, so no seed makes a day happen again.

bug: not-by-rng
"""

import random


def draw_tier(heads, weights, rng):
    return random.choices(list(heads), [weights[tier] for tier in heads])[0]
