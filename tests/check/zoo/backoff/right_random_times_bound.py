"""Full jitter, written another way: a loop, a cap of 30 s, and a base of 0.2 s."""


def backoff(attempt, rng):
    bound = 0.2
    for _ in range(attempt):
        bound = min(bound * 2, 30.0)
    return rng.random() * bound
