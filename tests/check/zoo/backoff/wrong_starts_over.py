"""Keeps the exponent small by `%`, so after the seventh attempt it starts over.

bug: goes-back
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 2 ** (attempt % 8)))
