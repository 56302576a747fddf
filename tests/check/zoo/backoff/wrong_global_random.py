"""Chance, but not from the generator it was given.

bug: not-by-rng
"""

import random


def backoff(attempt, rng):
    return random.uniform(0, min(60, 2**attempt))
