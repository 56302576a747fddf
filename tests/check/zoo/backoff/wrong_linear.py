"""Five seconds more each time.

bug: not-exponential
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 5 * attempt))
