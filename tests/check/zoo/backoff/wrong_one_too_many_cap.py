"""The limit is checked before the last doubling.

bug: cap-too-high
"""


def backoff(attempt, rng):
    bound = 1.0
    for _ in range(attempt):
        if bound > 60:
            break
        bound *= 2
    return rng.random() * bound
