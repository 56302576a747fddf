"""A policy is wrong if it leaves a job that's much older than all others, or passes over a higher tier without need."""

from collections.abc import Callable, Sequence

from jobqueue.keys import TIERS
from jobqueue.lab.check.pieces.pick.worlds import OLDER, Heads, all_heads

#: An answer that breaks a rule: the rule, the heads, the answer, the tiers allowed.
Wrong = tuple[str, Heads, str, list[str]]


def allowed(heads: Heads) -> tuple[str, list[str]]:
    """The rule that decides for these heads, and the tiers it allows.

    "alone": there is only one. "older": one job is older than any other by OLDER. "dominated": a tier that's higher,
    and whose job is at least as old, goes first; of equal age, this is the promise that the higher tier goes first.
    """
    if len(heads) == 1:
        return "alone", list(heads)
    by_age = sorted(heads, key=lambda tier: heads[tier], reverse=True)
    if heads[by_age[0]] - heads[by_age[1]] >= OLDER:
        return "older", by_age[:1]
    ranked = [tier for tier in TIERS if tier in heads]
    beaten = {tier for at, tier in enumerate(ranked) for higher in ranked[:at] if heads[higher] >= heads[tier]}
    equal = len(set(heads.values())) == 1
    return "equal" if equal else "dominated", [tier for tier in heads if tier not in beaten]


def find_traits(asked: Sequence[tuple[Heads, str]]) -> dict[str, int | bool]:
    """The habits of its answers, over all heads with two tiers and more."""
    several = [(heads, answer) for heads, answer in asked if len(heads) > 1]
    equal = [(heads, answer) for heads, answer in several if len(set(heads.values())) == 1]
    apart = [(h, a) for h, a in several if len(h) == 2 and max(h.values()) - min(h.values()) > 3_000]

    def always(some: Sequence[tuple[Heads, str]], rule: Callable[[Heads], str]) -> bool:
        return bool(some) and all(answer == rule(heads) for heads, answer in some)

    return {
        "several": len(several),
        "highest": always(several, lambda heads: next(tier for tier in TIERS if tier in heads)),
        "oldest": all(heads[answer] == max(heads.values()) for heads, answer in several),
        "lowest when equal": always(equal, lambda heads: next(tier for tier in TIERS[::-1] if tier in heads)),
        "first by name": always(equal, min),
        "last by name": always(equal, max),
        "youngest": sum(answer == min(h, key=lambda tier: h[tier]) for h, answer in apart) > len(apart) * 0.9,
    }


def never_picked(older: Sequence[Wrong]) -> list[str]:
    """Tiers that are passed over whenever a higher one has work, however old their job is."""
    missed = [right[0] for _, _, _, right in older]
    return [t for t in TIERS[1:] if missed.count(t) == sum(_should_overtake(t, heads) for heads in all_heads())]


def _should_overtake(tier: str, heads: Heads) -> bool:
    ranked = [other for other in TIERS if other in heads]
    return allowed(heads) == ("older", [tier]) and ranked[0] != tier
