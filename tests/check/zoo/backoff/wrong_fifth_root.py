"""Wanted the fifth root, for waits near the bound, and wrote the fifth power.

bug: mostly-at-once (F53)
"""


class Waits:
    def __init__(self, cap=50.0):
        self.cap = cap

    def bound(self, attempt):
        return min(self.cap, 0.7 * 2 ** min(attempt, 12))


def backoff(attempt, rng):
    return Waits().bound(attempt) * pow(rng.random(), 5)
