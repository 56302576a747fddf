"""What a backoff's waits are called when they are wrong."""

import itertools

from jobqueue.lab.check.verdict import Idea, Remark

ATTEMPTS = (*range(1, 13), 16, 24, 64)
CAP = 60.0
#: A little over the cap is rounding.
EDGE = 60.001


def name(told) -> Idea | Remark | None:
    """The Idea behind what the judge was told; the most fundamental first."""
    if told["odd"]:
        kind, attempt, said = told["odd"]
        return _odd(kind, attempt, said)
    waits = {int(attempt): some for attempt, some in told["waits"].items()}
    bounds = [max(some) for some in waits.values()]
    idea = (
        _unit(bounds)
        or _no_chance(waits, bounds)
        or _spread(waits, bounds)
        or _too_long(bounds)
        or _growth(bounds[:12])
    )  # fmt: skip
    return idea or (_about_far(told["far"]) if told["far"] else None)


def sleeps(problem, report) -> Idea | None:
    """It does not say how long to wait, it waits."""
    if problem.kind == "raised" and "time.sleep" in problem.message:
        words = "It waits by itself. It is asked for a number: a worker that waits holds its place, and its lease."
        return Idea("backoff-by-sleeping", words, "F54")
    return None


def _odd(kind, attempt, said) -> Idea:
    words = {
        "no number": f"For attempt {attempt} it returned {said}. A wait is a number of seconds.",
        "not finite": f"For attempt {attempt} it returned {said}: that wait never ends.",
        "negative": f"For attempt {attempt} it returned {said}. Nobody can wait less than nothing.",
        "differs": f"With two generators in the same state, attempt {attempt} got two different waits, {said}: some of "
        "its chance, or of its memory, does not come from `rng`. It could not be tested, nor a bad day be replayed.",
    }  # fmt: skip
    bugs = {"no number": "no-number", "not finite": "not-finite", "negative": "negative", "differs": "not-by-rng"}
    return Idea(bugs[kind], words[kind])


def _unit(bounds) -> Idea | None:
    """Nobody's first wait is minutes long."""
    if bounds[0] < 200:
        return None
    return Idea(
        "milliseconds",
        f"After the first attempt it may wait {bounds[0]:,.0f} s, and later {max(bounds):,.0f} s. Could these be "
        "milliseconds? A wait is in seconds.",
    )


def _no_chance(waits, bounds) -> Idea | None:
    """Always the same wait?"""
    if any(len(set(some)) > 1 for some in waits.values()):
        return None
    if bounds[0] == bounds[9]:
        return Idea("constant", f"It always waits {bounds[0]:g} s, whatever the attempt, and whoever asks.", "F53")
    return Idea(
        "no-jitter",
        "It grows, but without chance: a hundred jobs that failed together come back together, and fail together "
        "again, at the very same moments.",
        "F53",
    )


def _spread(waits, bounds) -> Idea | None:
    """Over (nearly) the whole range, where the range is wide enough to matter."""
    wide = [some for some, bound in zip(waits.values(), bounds, strict=True) if bound >= max(bounds) / 2]
    for some in reversed(wide):
        low, high = min(some), max(some)
        full = sum(wait > 0.999 * high for wait in some) / len(some)
        if full > 0.5:
            return Idea(
                "cap-after-jitter",
                f"After many attempts, {full:.0%} of all waits are {high:g} s exactly: what chance had spread is cut "
                "to one and the same value.", "F53",
            )  # fmt: skip
        if low >= 0.2 * high:
            return _narrow(low, high)
        quarters = [sum(wait * 4 // high == at for wait in some) / len(some) for at in range(4)]
        if min(quarters[:3]) < 0.02 or len(set(some)) < 8:
            return Idea(
                "uneven",
                f"The waits reach from {low:.3g} s to {high:.3g} s, but leave out much of what lies between: jobs "
                "that failed together come back in a few bunches.", "F53",
            )  # fmt: skip
    return None


def _narrow(low, high) -> Idea:
    share = low / high
    more = "half" if share < 0.6 else "most"
    return Idea(
        "half-jitter" if share < 0.6 else "little-jitter",
        f"The waits lie between {low:.3g} s and {high:.3g} s: {more} of each wait is fixed, and chance has only the "
        "rest. Jobs that failed together come back close together.",
        "F53",
    )


def _too_long(bounds) -> Idea | None:
    if max(bounds) <= EDGE:
        return None
    if bounds[-1] > 1.5 * bounds[-3] or bounds[-1] > 1_000_000:
        return Idea(
            "no-cap",
            f"It grows without end: after attempt {ATTEMPTS[-1]} a job may wait {_long(bounds[-1])}. Nobody will still "
            "be there.",
        )
    at = next(attempt for attempt, bound in zip(ATTEMPTS, bounds, strict=True) if bound > EDGE)
    return Idea("cap-too-high", f"It may wait {_long(max(bounds))}: longer than {CAP:g} s from attempt {at} on.")


def _growth(bounds) -> Idea | None:
    """Exponential, until the cap?"""
    top = max(bounds)
    if bounds[-1] < 0.9 * bounds[0]:
        return Idea("shrinks", f"The longest wait goes from {bounds[0]:.3g} s down to {bounds[-1]:.3g} s: it shrinks.")
    if top < 1.2 * bounds[0]:
        return Idea(
            "does-not-grow",
            f"The longest wait is {top:.3g} s after the first attempt, and no longer after the twelfth: a service that "
            "is down for long is asked as often as one that stumbled once.", "F53",
        )  # fmt: skip
    free = list(itertools.takewhile(lambda bound: bound < 0.93 * top, bounds)) or bounds[:1]
    steps = [after / before for before, after in itertools.pairwise(free) if before > 0]
    if any(step < 0.98 for step in steps):
        return Idea(
            "goes-back", "The longest wait does not always grow: after some attempts it is shorter than before."
        )
    if top < 3 * bounds[0] or (len(steps) > 1 and steps[-1] - 1 < 0.55 * (steps[0] - 1)):
        grows = ", ".join(f"{bound:.2g}" for bound in bounds[:6])
        return Idea(
            "not-exponential",
            f"The longest waits are {grows} s …: they grow, but not by a factor each time. It backs off too slowly "
            "from a service that stays down.",
        )
    return None


def _about_far(words) -> Remark:
    return Remark(
        f"After 2,000 attempts it goes wrong ({words}). Nobody tries that often; a number that overflows may."
    )


def _long(seconds: float) -> str:
    if seconds < 7_200:
        return f"{seconds:,.0f} s"
    years = seconds / 31_557_600
    if years > 14e9:
        return "longer than the universe is old"
    return f"{seconds / 3600:,.0f} hours" if years < 1 else f"{years:,.0f} years"
