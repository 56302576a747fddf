"""Grows with the square: fast at first, then more and more slowly.

bug: not-exponential
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 0.5 * attempt**2))
