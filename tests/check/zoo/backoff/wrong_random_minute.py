"""Any moment of the next minute, from the first attempt on.

bug: does-not-grow (F53)
"""


def backoff(attempt, rng):
    return rng.uniform(0, 60)
