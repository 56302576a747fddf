"""^ is not a power in Python.

bug: goes-back
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 2 ^ attempt))
