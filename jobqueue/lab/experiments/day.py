"""Days of a queue with three tiers, to be simulated: which jobs wait under which policy, and for how long."""

import random
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

from jobqueue.keys import TIERS, Tier
from jobqueue.lab.experiments.simulate import simulate
from jobqueue.policies import Policy

if TYPE_CHECKING:
    import pandas

    from jobqueue.lab.recording.recording import Recording

HOUR = 3600.0
DAY = 24 * HOUR

#: Jobs per second on an ordinary day, independent of each other; together a bit more than half a job per second.
USUAL: dict[Tier, float] = {"high": 0.3, "normal": 0.2, "low": 0.05}

#: One arrival: seconds since midnight, and its tier.
Arrival = tuple[float, Tier]


def ordinary_day(seed: int = 0) -> list[Arrival]:
    """A day on which nothing special happens. The same `seed`, the same day."""
    return [
        arrival for tier in TIERS for arrival in _crowd(tier, USUAL[tier], 0.0, DAY, random.Random(f"{seed}{tier}"))
    ]


def rush(tier: Tier = "high", rate: float = 0.9, since: float = 9, until: float = 11, seed: int = 0) -> list[Arrival]:
    """`rate` more jobs per second, between these hours."""
    return list(_crowd(tier, rate, since * HOUR, until * HOUR, random.Random(seed)))


def batch(jobs: int = 5_000, at: float = 2, tier: Tier = "low") -> list[Arrival]:
    """Many jobs at once, at this hour."""
    return [(at * HOUR, tier)] * jobs


def arrivals(recording: "Recording") -> list[Arrival]:
    """When each attempt of a recording that was begun started to wait: real arrivals, to be simulated."""
    begun = recording.attempts.dropna(subset=["waiting_s", "started_s"])
    return list(zip(begun["waiting_s"].tolist(), begun["tier"].tolist(), strict=True))


def compare(
    arrivals: Iterable[Arrival], policies: Mapping[str, Policy], *, service: float = 1.0, slots: int = 1
) -> "pandas.DataFrame":
    """How long the same jobs wait, in seconds, under each policy; a row each. p95: 19 of 20 waited no longer."""
    import numpy
    import pandas

    rows: dict[str, dict[str, float]] = {}
    arrivals = sorted(arrivals)
    for name, policy in policies.items():
        waited: dict[Tier, list[float]] = {tier: [] for tier in TIERS}
        for job in simulate(arrivals, policy, service=service, slots=slots):
            waited[job.tier].append(job.waited)
        rows[name] = {f"{tier}_p95_s": float(numpy.quantile(waited[tier] or 0.0, 0.95)) for tier in TIERS}
        rows[name] |= {f"{tier}_longest_s": max(waited[tier], default=0.0) for tier in TIERS}
    return pandas.DataFrame.from_dict(rows, orient="index")


def judge(
    policy: Policy, days: Mapping[str, Iterable[Arrival]], goals: Mapping[tuple[str, Tier], float]
) -> "pandas.DataFrame":
    """Say for each goal, (day, tier): seconds, if 19 of 20 jobs of that tier waited no longer on that day."""
    import pandas

    waits = {day: compare(days[day], {"it": policy}).loc["it"] for day in dict.fromkeys(day for day, _ in goals)}
    rows = []
    for (day, tier), goal in goals.items():
        waited = float(waits[day][f"{tier}_p95_s"])
        rows.append((day, tier, round(waited, 1), goal, "met" if waited <= goal else "missed"))
    return pandas.DataFrame(rows, columns=["day", "tier", "p95_s", "goal_s", "goal"])


def _crowd(tier: Tier, rate: float, since: float, until: float, rng: random.Random) -> Iterable[Arrival]:
    def times() -> Iterator[float]:
        now = since
        while True:
            now += rng.expovariate(rate)
            yield now

    return ((time, tier) for time in takewhile(lambda time: time < until, times()))
