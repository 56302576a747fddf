"""A shift, with the exponent held back, and `random` scaled by hand."""


def backoff(attempt, rng):
    bound = 60 if (exponent := attempt - 1) >= 6 else 1 << exponent
    return bound * rng.random()
