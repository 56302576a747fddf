"""A generator of its own, seeded by the attempt, so all jobs draw the same.

bug: no-jitter (F53)
"""

import random


def backoff(attempt, rng):
    return random.Random(attempt).uniform(0, min(60, 2**attempt))
