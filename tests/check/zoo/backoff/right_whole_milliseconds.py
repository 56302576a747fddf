"""Drawn in whole milliseconds, returned in seconds."""


def backoff(attempt, rng):
    bound_ms = min(60_000, 250 << min(attempt, 12))
    return rng.randint(0, bound_ms) / 1000
