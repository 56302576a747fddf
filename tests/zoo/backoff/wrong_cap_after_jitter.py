"""Draws first and caps what was drawn: after ten attempts nearly everybody waits exactly 60 s.

bug: cap-after-jitter (F53)
"""


def backoff(attempt, rng):
    return min(60, rng.uniform(0, 2**attempt))
