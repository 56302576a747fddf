"""Half of the wait is fixed.

bug: half-jitter (F53)
"""


def backoff(attempt, rng):
    bound = min(60, 2**attempt)
    return bound / 2 + rng.uniform(0, bound / 2)
