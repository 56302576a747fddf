"""Returns a timedelta.

bug: no-number
"""

from datetime import timedelta


def backoff(attempt, rng):
    return timedelta(seconds=rng.uniform(0, min(60, 2**attempt)))
