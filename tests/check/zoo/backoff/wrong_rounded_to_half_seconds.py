"""Full jitter, rounded so that the log looks tidy.

bug: whole-seconds (F53)
"""


def backoff(attempt, rng):
    return round(2 * rng.uniform(0, min(60, 2**attempt))) / 2
