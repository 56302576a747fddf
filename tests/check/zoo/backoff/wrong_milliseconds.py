"""The right shape, in milliseconds.

bug: milliseconds
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60_000, 500 * 2**attempt))
