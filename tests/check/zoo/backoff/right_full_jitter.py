"""Anything from now to the bound."""


def backoff(attempt, rng):
    return rng.uniform(0, min(60, 2**attempt))
