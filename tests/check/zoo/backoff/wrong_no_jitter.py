"""Exponential and capped, but without chance, so jobs that failed together come back together.

bug: no-jitter (F53)
"""


def backoff(attempt, rng):
    return min(60, 0.5 * 2**attempt)
