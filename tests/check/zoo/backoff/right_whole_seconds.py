"""Whole seconds."""


def backoff(attempt, rng):
    return rng.randrange(min(60, 2**attempt) + 1)
