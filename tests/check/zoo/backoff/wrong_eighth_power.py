"""Skewed so much that half of the waits are a blink.

bug: mostly-at-once (F53)
"""


def backoff(attempt, rng):
    return min(60, 2**attempt) * rng.random() ** 8
