"""Ten percent up or down.

bug: little-jitter (F53)
"""


def backoff(attempt, rng):
    return min(54, 2**attempt) * (0.9 + 0.2 * rng.random())
