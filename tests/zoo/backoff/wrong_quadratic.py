"""Grows with the square: fast at first, then ever more slowly.

bug: not-exponential
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 0.5 * attempt**2))
