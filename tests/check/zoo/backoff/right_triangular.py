"""More often in the middle, but anything is possible."""


def backoff(attempt, rng):
    return rng.triangular(0, min(60.0, 0.5 * 2.0 ** min(attempt, 10)))
