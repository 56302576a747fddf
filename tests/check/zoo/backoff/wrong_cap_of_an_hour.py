"""Capped, at an hour.

bug: cap-too-high
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(3600, 2**attempt))
