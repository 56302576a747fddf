"""Five seconds, always.

bug: constant (F53)
"""

WAIT = 5.0


def backoff(attempt, rng):
    return WAIT
