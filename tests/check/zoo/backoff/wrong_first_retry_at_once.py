"""The first retry comes at once, "it may have been a hiccup"; all jobs of a mass failure do that together.

bug: sometimes-no-jitter (F53)
"""


def backoff(attempt, rng):
    if attempt == 1:
        return 0
    return rng.uniform(0, min(60, 2**attempt))
