"""Divides where it should multiply.

bug: shrinks
"""


def backoff(attempt, rng):
    return rng.uniform(0, 60 / 2**attempt)
