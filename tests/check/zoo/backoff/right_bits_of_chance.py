"""Chance from getrandbits, rounded to milliseconds."""


def backoff(attempt, rng):
    share = rng.getrandbits(32) / 2**32
    return round(min(60.0, 0.3 * 2 ** min(attempt, 40)) * share, 3)
