"""math.ldexp for the power of two, a beta distribution for the chance."""

import math


def backoff(attempt, rng):
    bound = min(math.ldexp(0.5, min(attempt, 50)), 59.0)
    return bound * rng.betavariate(1, 2)
