"""Two steps: a second for the first three attempts, a minute from then on. That's no growth by a factor.

bug: grows-late (F53)
"""


def backoff(attempt, rng):
    return rng.uniform(0, 1 if attempt <= 3 else 60)
