"""A normal distribution around 0, with everything below cut off: half of all jobs come back at once.

bug: mostly-at-once (F53)
"""


def backoff(attempt, rng):
    bound = min(60, 2**attempt)
    return min(bound, max(0.0, rng.gauss(0, bound / 2)))
