"""The square of ten to the power of the attempt, as a float: after attempt 154 it overflows, and the worker stops.

bug: overflows
"""


def backoff(attempt, rng):
    return rng.uniform(0, min(60.0, (10.0**attempt) ** 2 / 100))
