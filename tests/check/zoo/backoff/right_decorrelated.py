"""Decorrelated jitter, replayed from the first attempt: each wait at most three times the one before."""


def backoff(attempt, rng):
    wait = 0.5
    for _ in range(min(attempt, 30)):
        wait = min(60, rng.uniform(0.5, wait * 3))
    return wait
