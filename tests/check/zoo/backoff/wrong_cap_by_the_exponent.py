"""Caps the exponent at six, and 2 ** 6 is 64.

bug: cap-too-high
"""


def backoff(attempt, rng):
    return rng.uniform(0, 2 ** min(attempt, 6))
