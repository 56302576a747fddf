"""2.0 ** attempt overflows after attempt 1,023, which is half a day of retries: a remark."""


def backoff(attempt, rng):
    return rng.uniform(0, min(60.0, 2.0**attempt))
