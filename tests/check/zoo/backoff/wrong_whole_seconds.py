"""randrange gives whole seconds only: after attempt 1 a hundred jobs come back at three moments.

bug: whole-seconds (F53)
"""


def backoff(attempt, rng):
    return rng.randrange(min(60, 2**attempt) + 1)
