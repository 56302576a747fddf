"""The checker of `backoff`: what it tries."""

import math
import random
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from jobqueue.lab.check.checker import Case, checker
from jobqueue.lab.check.pictures.waits import BackoffPicture
from jobqueue.lab.check.piece import Piece
from jobqueue.lab.check.pieces.backoff.ideas import diagnose, sleeps
from jobqueue.lab.check.pieces.backoff.judge import ATTEMPTS, EDGE
from jobqueue.lab.check.pure import Answers, PureCheck, asking
from jobqueue.lab.check.verdict import Idea

SAMPLES = 400  # waits asked for, for each attempt
#: Attempts at which nothing may overflow, and those at which it's worth a remark: 2.0 ** 1_024 overflows.
LATE, FAR = (128, 256), (512, 1_000, 2_000)
SHOWN = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)  # attempts in the picture


def picture(answers: Answers) -> BackoffPicture | None:
    waits = {int(attempt): some for attempt, some in answers["waits"].items() if int(attempt) in SHOWN}
    return BackoffPicture(waits, not isinstance(diagnose(answers), Idea)) if waits else None


@checker(
    "def backoff(attempt, rng)",
    "09-retries · Repair",
    f"{len(ATTEMPTS) * SAMPLES:,} waits, every rule held",
    check=partial(PureCheck, picture),
)
def backoff(piece: Piece) -> Iterator[Case]:
    """Check `def backoff(attempt, rng)`.

    `attempt` is the number of the attempt that failed, from 1; `rng` a `random.Random`.

    The task: return the seconds to wait, a float or an int, at least 0 and at most 60. The bound, which is the longest
    wait possible, grows exponentially with `attempt` up to a cap of at most 60 s. The waits spread over (nearly) the
    whole range from 0 to that bound. Chance comes from `rng` alone.

    The checker tries attempts 1 to 12, 16, 24 and 64, each 400 times with one generator, and 400 times with its twin of
    the same seed (always the same one). Attempts 128 and 256 must not overflow; 512, 1000 and 2000 are worth a
    remark only.

    - Each wait is a number, finite, from 0 to 60, and the same from both twins.
    - The longest of the 400 waits grows with `attempt`: at least threefold until it stops growing, within 12 attempts;
      and by a factor that doesn't shrink to half on the way, as it does where growth is linear. It
      starts to grow within the first four attempts, is above 0.1 s at the sixth, and reaches 1.5 s.
    - Where the longest is at least half of the highest, the shortest is below a fifth of the longest, and each quarter
      of that range holds at least 2 % of the waits. Half of them aren't crowded into its first tenth.
    - The waits aren't whole seconds only, and at no attempt always the same.
    """
    yield asking(f"{len(ATTEMPTS)} attempts, {SAMPLES} waits each", piece, ask, diagnose, sleeps)


async def ask(backoff: Callable[..., Any], breathe: Callable[[], Awaitable[None]]) -> Answers:
    """Ask for many waits: {"waits": {attempt: [...]}, "odd": an answer that's no wait, or None, "late" and "far": the
    same for late attempts}"""
    waits: dict[int, list[float]] = {}
    for attempt in ATTEMPTS:
        if attempt in (5, 10):
            await breathe()
        waits[attempt] = []
        rng, twin = random.Random(1), random.Random(1)
        for _ in range(SAMPLES):
            wait, again = backoff(attempt, rng), backoff(attempt, twin)
            odd = _odd(wait) or ("not-by-rng" if again != wait else None)
            if odd:
                shown = f"{wait!r}"[:60] + (f", then {again!r}"[:60] if odd == "not-by-rng" else "")
                return {
                    "waits": {},
                    "odd": (odd, f"For attempt {attempt}, your function returned {shown}."),
                    "late": None,
                    "far": None,
                }
            waits[attempt].append(round(float(wait), 6))
    late, far = (next(filter(None, (_overflow(backoff, attempt) for attempt in some)), None) for some in (LATE, FAR))
    return {"waits": waits, "odd": None, "late": late, "far": far}


def _odd(wait: object) -> str | None:
    """The bug of an answer that's no wait by itself."""
    if isinstance(wait, bool) or not isinstance(wait, int | float):
        return "no-number"
    if not math.isfinite(wait):
        return "not-finite"
    return "negative" if wait < 0 else None


def _overflow(backoff: Callable[..., Any], attempt: int) -> str | None:
    """The wrong answer to a late attempt, in words."""
    try:
        wait = backoff(attempt, random.Random(0))
    except Exception as error:
        return f"After attempt {attempt:,}, your function raises {type(error).__name__}: {error}."
    shown = f"{wait!r}"[:60]
    return f"After attempt {attempt:,}, your function returns {shown}." if _odd(wait) or wait > EDGE else None
