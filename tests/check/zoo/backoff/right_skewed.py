"""Sooner rather than later, but anything is possible."""


def backoff(attempt, rng):
    return min(60.0, 1.5 ** min(attempt, 64)) * rng.random() ** 1.5
