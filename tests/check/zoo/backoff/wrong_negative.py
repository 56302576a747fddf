"""Chance around the wait, and sometimes below zero.

bug: negative
"""


def backoff(attempt, rng):
    bound = min(30, 2**attempt)
    return bound + rng.gauss(0, bound)
