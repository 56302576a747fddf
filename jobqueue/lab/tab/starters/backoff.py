def backoff(attempt, rng):
    return min(60, 0.5 * 2**attempt)
