"""Thinks that it computes in milliseconds, and converts: a minute becomes 60 ms.

bug: too-short
"""


def backoff(attempt, rng):
    bound_ms = min(60, 2**attempt)
    return rng.uniform(0, bound_ms) / 1000
