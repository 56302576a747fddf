"""The control room's dials for traffic: one load per tier. Turning a dial begins, changes or ends it."""

from collections.abc import Callable
from typing import Any

from jobqueue.keys import TIERS, Tier
from jobqueue.lab.traffic.arrivals import Arrivals, bursty, poisson, steady
from jobqueue.lab.traffic.load import OpenLoad
from jobqueue.lab.traffic.traffic import Traffic

#: How jobs arrive, by the words in the dial's list.
ARRIVALS: dict[str, Callable[[float], Arrivals]] = {
    "Poisson": poisson,
    "steady": steady,
    "in bursts of 20": lambda rate: bursty(rate, 20),
}

#: A task of the lab and its payload, by the words in the dial's list.
TASKS: dict[str, tuple[str, Any]] = {
    "sleep 0.1 s": ("sleep", {"seconds": 0.1}),
    "sleep 1 s": ("sleep", {"seconds": 1}),
    "sleep 10 s": ("sleep", {"seconds": 10}),
    "compute 0.05 s": ("compute", {"seconds": 0.05}),
    "flaky: fails once": ("flaky", {"fails": 1}),
    "fail": ("fail", None),
    "hang": ("hang", None),
    "kill their worker": ("kill", None),
}

#: Jobs per second of a flood.
FLOOD = 500


class Loads:
    """The loads and floods of `traffic`, by tier."""

    def __init__(self, traffic: Traffic):
        self.traffic = traffic
        self.arrivals, self.task = next(iter(ARRIVALS)), next(iter(TASKS))
        self.rates = dict.fromkeys(TIERS, 0.0)
        self._loads: dict[Tier, OpenLoad] = {}
        self._floods: dict[Tier, OpenLoad] = {}

    @property
    def flooded(self) -> set[Tier]:
        return set(self._floods)

    def turn(self, tier: Tier, rate: float) -> None:
        """Offer a tier that many jobs per second from now on."""
        self.rates[tier] = rate
        if rate and tier in self._loads:
            self._loads[tier].rate = rate
        else:
            self._begin(tier)

    def choose(self, *, arrivals: str | None = None, task: str | None = None) -> None:
        """Change how jobs arrive, or what they do, from now on."""
        self.arrivals, self.task = arrivals or self.arrivals, task or self.task
        for tier in TIERS:
            self._begin(tier)

    def flood(self, tier: Tier) -> None:
        """Begin a flood, or end it."""
        if flood := self._floods.pop(tier, None):
            flood.stop()
        else:
            self._floods[tier] = self.traffic.flood(tier, FLOOD, *TASKS[self.task])

    def forget(self) -> None:
        """Turn all dials to 0, after the traffic was stopped."""
        self.rates = dict.fromkeys(TIERS, 0.0)
        self._loads.clear()
        self._floods.clear()

    def _begin(self, tier: Tier) -> None:
        if load := self._loads.pop(tier, None):
            load.stop()
        if rate := self.rates[tier]:
            task, payload = TASKS[self.task]
            fresh = self.traffic.load(ARRIVALS[self.arrivals](rate), task, payload, tier)
            if isinstance(fresh, OpenLoad):  # as for every schedule
                self._loads[tier] = fresh
