"""A backoff is wrong if its waits aren't seconds, don't spread by chance, go over the cap, or don't grow exponentially.

Each rule returns the bug and the facts, or None. `waits` is {attempt: [seconds, …]}, `bounds` the longest of each.
"""

import itertools
from bisect import bisect
from collections import Counter
from collections.abc import Sequence

ATTEMPTS = (*range(1, 13), 16, 24, 64)
CAP = 60.0
#: A little over the cap is rounding.
EDGE = 60.001

Waits = dict[int, list[float]]
Wrong = tuple[str, str]


def judge(waits: Waits) -> Wrong | None:
    """The most fundamental bug in these waits."""
    bounds = [max(some) for some in waits.values()]
    chance = _no_chance(waits, bounds) or _spread(waits, bounds) or _crowd(waits, bounds)
    size = _too_long(bounds) or _too_short(bounds) or _growth(bounds)
    return _unit(bounds) or chance or size or _without_chance(waits)


def _unit(bounds: Sequence[float]) -> Wrong | None:
    """Nobody's first wait is minutes long, and no cap lies at an hour and a half unless it's meant in milliseconds."""
    top = max(bounds)
    capped = top > 5_000 and bounds[-1] < 1.5 * bounds[-3] and (bounds[0] > 20 or 58_000 < top < 61_000)
    if bounds[0] < 200 and not capped:
        return None
    return "milliseconds", f"Your function waits up to {bounds[0]:,.0f} s at first, and up to {_spell(top)} later."


def _no_chance(waits: Waits, bounds: Sequence[float]) -> Wrong | None:
    """Always the same wait?"""
    if any(len(set(some)) > 1 for some in waits.values()):
        return None
    if bounds[0] == bounds[9]:
        return "constant", f"Your function always waits {bounds[0]:g} s, at every attempt and for every job."
    return "no-jitter", ""


def _spread(waits: Waits, bounds: Sequence[float]) -> Wrong | None:
    """Over (nearly) the whole range, where the range is wide enough to matter."""
    for some in [some for some in waits.values() if max(some) >= max(bounds) / 2][::-1]:
        low, high = min(some), max(some)
        full = sum(wait > 0.999 * high for wait in some) / len(some)
        if full > 0.5:
            return (
                "cap-after-jitter",
                f"After many attempts, {full:.0%} of your function's waits are the full {high:g} s.",
            )
        if low >= 0.2 * high:
            bug, share = ("half-jitter", "half") if low < 0.6 * high else ("little-jitter", "most")
            return bug, f"Your function waits from {low:.3g} s to {high:.3g} s, so {share} of each wait is fixed."
        quarters = [sum(wait * 4 // high == at for wait in some) / len(some) for at in range(4)]
        if min(quarters[:3]) < 0.02 or len(set(some)) < 8:
            return "uneven", f"Your function's waits reach from {low:.3g} s to {high:.3g} s."
    return None


def _crowd(waits: Waits, bounds: Sequence[float]) -> Wrong | None:
    """No value, and no small part of the range, has most of the waits."""
    every = [wait for some in waits.values() for wait in some]
    if all(wait % 0.5 == 0 for wait in every):
        unit = "whole" if all(wait % 1 == 0 for wait in every) else "half"
        words = f"such as {waits[1][0]:g} s or {waits[5][0]:g} s."
        return "whole-seconds", f"Your function waits {unit} seconds only, {words}"
    wide = [sorted(some) for some in waits.values() if max(some) >= max(bounds) / 2]
    for some in wide[::-1]:
        often, number = Counter(some[: bisect(some, 0.9 * some[-1])]).most_common(1)[0]
        if number > 0.15 * len(some):
            share = f"{number / len(some):.0%} of your function's waits are {often:.3g} s"
            return "mostly-at-once", f"{share}, and it may wait {some[-1]:.3g} s."
    if any(some[len(some) // 2] >= 0.1 * some[-1] for some in wide):
        return None
    middle, longest = wide[-1][len(wide[-1]) // 2], wide[-1][-1]
    return "mostly-at-once", f"Half of your function's waits are below {middle:.2g} s, and it may wait {longest:.3g} s."


def _without_chance(waits: Waits) -> Wrong | None:
    """At some attempts only."""
    if fixed := next((attempt for attempt, some in waits.items() if len(set(some)) == 1), None):
        return "sometimes-no-jitter", f"After attempt {fixed}, your function always waits {waits[fixed][0]:.3g} s."
    return None


def _too_short(bounds: Sequence[float]) -> Wrong | None:
    """A service that's down needs seconds at least."""
    if max(bounds) < 1.5:
        return "too-short", f"Your function never waits longer than {max(bounds):.2g} s."
    if bounds[5] < 0.1:
        return "too-short", f"After attempt 6, your function still waits {bounds[5]:.2g} s at most."
    return None


def _too_long(bounds: Sequence[float]) -> Wrong | None:
    if max(bounds) <= EDGE:
        return None
    if bounds[-1] > 1.5 * bounds[-3] or bounds[-1] > 1_000_000:
        return "no-cap", f"After attempt {ATTEMPTS[-1]}, your function may wait {_spell(bounds[-1])}."
    at = next(attempt for attempt, bound in zip(ATTEMPTS, bounds, strict=True) if bound > EDGE)
    longest = _spell(max(bounds))
    return "cap-too-high", f"Your function may wait {longest}, and longer than {CAP:g} s from attempt {at} on."


def _growth(all_bounds: Sequence[float]) -> Wrong | None:
    """Exponential, until the cap?"""
    bounds = all_bounds[:12]
    top = max(bounds)
    if bounds[-1] < 0.9 * bounds[0]:
        return "shrinks", f"Your function's longest wait goes from {bounds[0]:.3g} s down to {bounds[-1]:.3g} s."
    if top < 1.2 * bounds[0]:
        words = f"Your function's longest wait is {top:.3g} s after the first attempt, and no longer after the twelfth."
        return "does-not-grow", words
    free = list(itertools.takewhile(lambda bound: bound < 0.93 * top, bounds)) or bounds[:1]
    longest = itertools.accumulate(all_bounds, max)
    if any(bound < 0.8 * before for before, bound in zip(longest, all_bounds, strict=True)):
        return "goes-back", ""
    steps = [after / before for before, after in itertools.pairwise(free) if before > 0]
    if any(step < 0.98 for step in steps):
        return "goes-back", ""
    flat = len(list(itertools.takewhile(lambda step: step < 1.1, steps)))
    if flat > 2 or (flat == 2 and bounds[3] > 4 * bounds[2]):
        words = f"Your function's longest wait is {bounds[0]:.3g} s until attempt {flat + 1}, and grows only then."
        return "grows-late", words
    if top < 3 * bounds[0] or (len(steps) > 1 and steps[-1] - 1 < 0.55 * (steps[0] - 1)):
        return "not-exponential", f"Your function's longest waits are {', '.join(f'{b:.2g}' for b in bounds[:6])} s …"
    return None


def _spell(seconds: float) -> str:
    if seconds < 7_200:
        return f"{seconds:,.0f} s"
    years = seconds / 31_557_600
    if years > 14e9:
        return "longer than the universe is old"
    return f"{seconds / 3600:,.0f} hours" if years < 1 else f"{years:,.0f} years"
