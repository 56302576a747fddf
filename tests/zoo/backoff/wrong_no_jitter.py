"""Exponential and capped, without chance: what failed together comes back together.

bug: no-jitter (F53)
"""


def backoff(attempt, rng):
    return min(60, 0.5 * 2**attempt)
