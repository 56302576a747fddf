"""The checker of `backoff`: how long to wait before the next attempt?"""

import math
import random

from jobqueue.lab.check.backoff_names import ATTEMPTS, name, sleeps
from jobqueue.lab.check.backoff_picture import picture
from jobqueue.lab.check.checker import Checker
from jobqueue.lab.check.pure import PureCheck, asking

SAMPLES = 400  # waits asked for, for each attempt
FAR = 2_000  # an attempt at which 2.0 ** attempt overflows


def check(function):
    """Try `def backoff(attempt, rng)` and name the bug that is in it.

    `attempt` is the number of the attempt that failed, from 1; `rng` a `random.Random`. It returns the seconds to wait,
    a float or an int, at least 0 and at most 60. Its bound, the longest wait possible, grows exponentially with
    `attempt` up to a cap of at most 60 s; the waits spread over (nearly) the whole range from 0 to that bound; and
    chance comes from `rng` alone.

    What is tried: attempts 1 to 12, 16, 24 and 64, each 400 times with one generator, and 400 times with its twin
    of the same seed (always the same one). Attempt 2000 is worth a remark only.
    - A number, finite, from 0 to 60, and the same from both twins.
    - The longest of the 400 waits must grow with `attempt`: at least threefold until it stops growing, within 12
      attempts; and by a factor that does not shrink to half on the way, as it does where growth is linear.
    - Where the longest is at least half of the highest, the shortest must be below a fifth of the longest, and each
      quarter of that range must hold at least 2 % of the waits.
    """
    return PureCheck(CHECKER, function, picture)


def cases(piece):
    """One: all of them."""
    yield asking(f"{len(ATTEMPTS)} attempts, {SAMPLES} waits each", piece, judge, name, sleeps)


async def judge(backoff, breathe) -> dict:
    """Ask for many waits: {"waits": {attempt: [...]}, "odd": what is no wait, or None, "far": …}"""
    waits = {}
    for attempt in ATTEMPTS:
        if attempt in (5, 10):
            await breathe()
        waits[attempt] = []
        rng, twin = random.Random(1), random.Random(1)
        for _ in range(SAMPLES):
            wait, again = backoff(attempt, rng), backoff(attempt, twin)
            odd = _odd(wait) or ("differs" if again != wait else None)
            if odd:
                said = f"{wait!r}"[:60] + (f", then {again!r}"[:60] if odd == "differs" else "")
                return {"waits": {}, "odd": (odd, attempt, said), "far": None}
            waits[attempt].append(round(float(wait), 6))
    return {"waits": waits, "odd": None, "far": _far(backoff)}


def _odd(wait) -> str | None:
    """What is wrong with a wait by itself."""
    if isinstance(wait, bool) or not isinstance(wait, (int, float)):
        return "no number"
    if not math.isfinite(wait):
        return "not finite"
    return "negative" if wait < 0 else None


def _far(backoff) -> str | None:
    try:
        wait = backoff(FAR, random.Random(0))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return _odd(wait)


CHECKER = Checker(
    "backoff",
    "def backoff(attempt, rng)",
    cases,
    lesson="07-retries-and-dead-letters · Repair",
    counted=f"{len(ATTEMPTS) * SAMPLES:,} waits, every rule held",
)
