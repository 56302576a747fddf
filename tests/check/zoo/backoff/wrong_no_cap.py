"""Doubles forever.

bug: no-cap
"""


def backoff(attempt, rng):
    return rng.uniform(0, 2**attempt)
