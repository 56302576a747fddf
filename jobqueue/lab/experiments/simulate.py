"""A day of a queue in one second: the same policies, on recorded or invented arrivals, without Redis or workers."""

import heapq
from collections import deque
from collections.abc import Iterable

import msgspec

from jobqueue.errors import BadSetting
from jobqueue.keys import TIERS, Tier
from jobqueue.policies import Policy


class Served(msgspec.Struct, frozen=True, gc=False):
    """One job of a simulation. Times are seconds since its beginning."""

    tier: Tier
    arrived: float
    started: float

    @property
    def waited(self) -> float:
        return self.started - self.arrived


def simulate(arrivals: Iterable[tuple[float, Tier]], policy: Policy, *, service: float, slots: int = 1) -> list[Served]:
    """Return the jobs in the order in which they start, if `slots` run at once and each takes `service` seconds.

    `arrivals` are (seconds, tier), in any order. Whenever a slot is free and work waits, the policy picks the tier, and
    that tier's oldest job starts. A worker that fetches one job at a time does the same, in a few milliseconds more.
    Raises BadSetting if the policy picks a tier without work.
    """
    coming = sorted(arrivals, reverse=True)  # the next one is at the end
    lines: dict[Tier, deque[float]] = {tier: deque() for tier in TIERS}
    free_at, now = [0.0] * slots, 0.0
    served = []
    while True:
        now = max(now, free_at[0])
        while coming and coming[-1][0] <= now:
            arrived, tier = coming.pop()
            lines[tier].append(arrived)
        heads = {tier: now - line[0] for tier, line in lines.items() if line}
        if heads:
            tier = policy(heads)
            if tier not in heads:
                raise BadSetting(f"the policy picked {tier!r}, and only these tiers have work: {', '.join(heads)}")
            served.append(Served(tier, lines[tier].popleft(), now))
            heapq.heapreplace(free_at, now + service)
        elif coming:
            now = coming[-1][0]
        else:
            return served
