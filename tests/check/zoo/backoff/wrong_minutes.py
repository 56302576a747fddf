"""Minutes: one at most.

bug: too-short
"""


def backoff(attempt, rng):
    minutes = min(1.0, 2 ** min(attempt, 10) / 60)
    return minutes * rng.random()
