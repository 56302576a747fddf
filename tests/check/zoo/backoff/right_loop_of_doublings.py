"""A loop that doubles, and stops at the cap."""

CAP = 45.0


def backoff(attempt, rng):
    bound = 0.25
    while attempt > 1 and bound < CAP:
        bound, attempt = bound * 2, attempt - 1
    return rng.uniform(0.0, min(bound, CAP))
