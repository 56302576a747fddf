"""How long to wait before the next attempt."""

import random

BASE_SECONDS = 1.0
CAP_SECONDS = 60.0


def backoff(attempt: int, rng: random.Random) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): exponential, capped, with full jitter.

    Jobs that failed together for one reason must not come back together: each picks any moment up to the bound.
    Full jitter: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return rng.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2 ** min(attempt, 32)))
