"""Patient with the first five attempts: the exponent starts too late to help.

bug: grows-late (F53)
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 2 ** max(0, attempt - 5)))
