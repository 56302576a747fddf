"""By a factor of three, with a floor of a tenth of a second, and a cap of 45 s."""

CAP, BASE = 45, 1


def backoff(attempt, rng):
    exponent = min(attempt - 1, 20)
    return 0.1 + rng.uniform(0, min(CAP, BASE * 3**exponent))
