"""At once, or as late as possible.

bug: uneven (F53)
"""


def backoff(attempt, rng):
    return rng.choice([0, min(60, 2**attempt)])
