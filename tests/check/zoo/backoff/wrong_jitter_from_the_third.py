"""Adds chance only once it's serious.

bug: sometimes-no-jitter (F53)
"""


def backoff(attempt, rng):
    bound = min(60.0, float(2**attempt))
    match attempt:
        case 1 | 2:
            return bound
        case _:
            return rng.uniform(0, bound)
