"""randint, taken for the whole-number twin of uniform; as a float, so that it looks right.

bug: whole-seconds (F53)
"""


def backoff(attempt, rng):
    ceiling = min(60, 2 ** min(attempt, 10))
    return float(rng.randint(0, ceiling))
