"""Fibonacci numbers grow exponentially too."""


def backoff(attempt, rng):
    now, following = 1, 2
    for _ in range(min(attempt, 20) - 1):
        now, following = following, now + following
    return rng.uniform(0, min(now, 60))
