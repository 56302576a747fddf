"""Lesson 09. Full jitter: wait anything from nothing to a bound that doubles, up to a cap."""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 2**attempt))
