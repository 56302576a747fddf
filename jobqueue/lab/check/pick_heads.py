"""The heads that a policy is asked about, and what may be answered."""

import itertools
import random

TIERS = ("high", "normal", "low")

#: A job older than every other by this many seconds must go first. (60 are promised; at the very edge we do not look.)
OLDER = 61.0
AGES = (0.0, 1.0, 5.0, 20.0, 59.0, 61.0, 122.0, 300.0, 1_000.0, 10_000.0)
#: How old the others are, and how much older than they one job is.
OTHERS = (0.0, 1.0, 10.0, 60.0, 600.0, 3_600.0, 100_000.0)
OLDER_BY = (61.0, 65.0, 90.0, 125.0, 300.0, 3_600.0, 100_000.0, 1_000_000.0)


def all_heads() -> list[dict[str, float]]:
    """The smallest first: few tiers, young jobs. Always the same ones."""
    found = {}
    for number in (1, 2, 3):
        for tiers in itertools.combinations(TIERS, number):
            for ages in itertools.product(AGES, repeat=number):
                found[tuple(zip(tiers, ages, strict=True))] = None
            for elder, others, more in itertools.product(tiers, OTHERS, OLDER_BY):
                found[tuple((tier, others + more * (tier == elder)) for tier in tiers)] = None
    seeded = random.Random(7)
    for _ in range(300):
        tiers = seeded.sample(TIERS, seeded.choice((2, 3)))
        found[tuple((tier, round(10 ** seeded.uniform(-1, 5), 2)) for tier in TIERS if tier in tiers)] = None
    return [dict(heads) for heads in sorted(found, key=lambda heads: (len(heads), sum(age for _, age in heads), heads))]


def allowed(heads: dict[str, float]) -> tuple[str, list[str]]:
    """The rule that decides for these heads, and the tiers it allows.

    "alone": there is only one. "older": one job is older than any other by OLDER. "dominated": a tier that is higher,
    and whose job is at least as old, goes first; of equal age, this is the promise that the higher tier goes first.
    """
    if len(heads) == 1:
        return "alone", list(heads)
    by_age = sorted(heads, key=heads.get, reverse=True)
    if heads[by_age[0]] - heads[by_age[1]] >= OLDER:
        return "older", by_age[:1]
    beaten = {
        tier
        for at, tier in enumerate(TIERS)
        for higher in TIERS[:at]
        if tier in heads and higher in heads and heads[higher] >= heads[tier]
    }
    equal = len(set(heads.values())) == 1
    return "equal" if equal else "dominated", [tier for tier in heads if tier not in beaten]
