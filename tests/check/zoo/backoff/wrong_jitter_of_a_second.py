"""A second of chance on top of the wait, and on top of the cap.

bug: little-jitter (F53)
"""


def backoff(attempt, rng):
    return min(60, 2**attempt) + rng.random()
