"""Waits by itself, and holds the worker and its lease meanwhile.

bug: backoff-by-sleeping (F54)
"""

import time


def backoff(attempt, rng):
    delay = rng.uniform(0, min(60, 2**attempt))
    time.sleep(delay)
    return delay
