"""Draws first and caps the draw, so after ten attempts nearly all jobs wait the full 60 s.

bug: cap-after-jitter (F53)
"""


def backoff(attempt, rng):
    return min(60, rng.uniform(0, 2**attempt))
