"""The control room's dials for traffic: one load a tier, begun, changed and ended as the dials are turned."""

from jobqueue.keys import TIERS
from jobqueue.lab.load import OpenLoad, bursty, poisson, steady

#: How jobs arrive, as the dial's list has it: a rate → arrivals.
ARRIVALS = {
    "Poisson": poisson,
    "steady": steady,
    "in bursts of 20": lambda rate: bursty(rate, 20),
}

#: What jobs do: words → a task of the lab's, and its payload.
TASKS = {
    "sleep 0.1 s": ("sleep", {"seconds": 0.1}),
    "sleep 1 s": ("sleep", {"seconds": 1}),
    "sleep 10 s": ("sleep", {"seconds": 10}),
    "compute 0.05 s": ("compute", {"seconds": 0.05}),
    "flaky: fails once": ("flaky", {"fails": 1}),
    "fail": ("fail", None),
    "hang": ("hang", None),
    "kill their worker": ("kill", None),
}

#: Jobs a second of a flood.
FLOOD = 500


class Loads:
    """What the world is asked to do, by tier."""

    def __init__(self, world):
        self.world = world
        self.arrivals, self.task = next(iter(ARRIVALS)), next(iter(TASKS))
        self.rates = dict.fromkeys(TIERS, 0.0)
        self._loads: dict[str, OpenLoad] = {}
        self._floods: dict[str, OpenLoad] = {}

    @property
    def flooded(self) -> set[str]:
        return set(self._floods)

    def turn(self, tier: str, rate: float) -> None:
        """So many jobs a second into a tier, from now on."""
        self.rates[tier] = rate
        if rate and tier in self._loads:
            self._loads[tier].rate = rate
        else:
            self._begin(tier)

    def choose(self, *, arrivals: str | None = None, task: str | None = None) -> None:
        """From now on jobs arrive otherwise, or do something else."""
        self.arrivals, self.task = arrivals or self.arrivals, task or self.task
        for tier in TIERS:
            self._begin(tier)

    def flood(self, tier: str) -> None:
        """Begin a flood, or end it."""
        if flood := self._floods.pop(tier, None):
            flood.stop()
        else:
            self._floods[tier] = self.world.flood(tier, FLOOD, *TASKS[self.task])

    def _begin(self, tier: str) -> None:
        if load := self._loads.pop(tier, None):
            load.stop()
        if rate := self.rates[tier]:
            task, payload = TASKS[self.task]
            self._loads[tier] = self.world.load(ARRIVALS[self.arrivals](rate), task, payload, tier)
