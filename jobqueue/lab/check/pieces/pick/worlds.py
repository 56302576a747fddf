"""The heads that a policy is asked about."""

import itertools
import random

from jobqueue.keys import TIERS

Heads = dict[str, float]

#: A job older than every other by this many seconds must go first. (The promise is 60; the very edge isn't tried.)
OLDER = 61.0
AGES = (0.0, 1.0, 5.0, 20.0, 59.0, 61.0, 122.0, 300.0, 1_000.0, 10_000.0)
#: The age of the others, and how much older than they one job is.
OTHERS = (0.0, 1.0, 10.0, 60.0, 600.0, 3_600.0, 100_000.0)
OLDER_BY = (61.0, 65.0, 90.0, 125.0, 300.0, 3_600.0, 100_000.0, 1_000_000.0)


def all_heads() -> list[Heads]:
    """The smallest first: few tiers, young jobs. Always the same ones."""
    heads: dict[tuple[tuple[str, float], ...], None] = {}
    for number in (1, 2, 3):
        for tiers in itertools.combinations(TIERS, number):
            for ages in itertools.product(AGES, repeat=number):
                heads[tuple(zip(tiers, ages, strict=True))] = None
            for elder, others, more in itertools.product(tiers, OTHERS, OLDER_BY):
                heads[tuple((tier, others + more * (tier == elder)) for tier in tiers)] = None
    seeded = random.Random(7)
    for _ in range(300):
        some = seeded.sample(TIERS, seeded.choice((2, 3)))
        heads[tuple((tier, round(10 ** seeded.uniform(-1, 5), 2)) for tier in TIERS if tier in some)] = None
    return [dict(one) for one in sorted(heads, key=lambda one: (len(one), sum(age for _, age in one), one))]
