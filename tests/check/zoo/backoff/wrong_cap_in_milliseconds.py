"""A hundred milliseconds, doubled, at most ten thousand: never divided.

bug: milliseconds
"""

BASE_MS, CAP_MS = 50, 10_000


def backoff(attempt, rng):
    return rng.uniform(0, min(CAP_MS, BASE_MS * 2 ** (attempt - 1)))
