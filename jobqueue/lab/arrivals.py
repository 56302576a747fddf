"""When jobs arrive: the schedules of open loops, and the clients of closed ones."""

import itertools
import math
import random
from collections.abc import Iterable, Iterator

import msgspec

from jobqueue.errors import BadSetting

MOST_A_SECOND, MOST_CLIENTS = 10_000, 500


class Arrivals(msgspec.Struct):
    """When the jobs of an open loop arrive: so many a second on average, with these gaps between them.

    A gap of 1 is the average one. So a new rate takes effect at once, in the middle of a gap.
    """

    rate: float
    gaps: Iterator[float]


class Closed(msgspec.Struct):
    """A closed loop: so many clients, who think for so many seconds between a result and their next job."""

    clients: int
    think: float


def steady(rate: float) -> Arrivals:
    """One job each 1/rate seconds."""
    return Arrivals(check_rate(rate), itertools.chain([0.0], itertools.repeat(1.0)))


def poisson(rate: float, seed: int = 0) -> Arrivals:
    """So many a second on average, independently of each other: as from a crowd. The same `seed`, the same gaps."""
    rng = random.Random(seed)
    return Arrivals(check_rate(rate), iter(lambda: rng.expovariate(1.0), None))


def bursty(rate: float, size: int) -> Arrivals:
    """So many a second on average, but `size` at a time."""
    if not isinstance(size, int) or not 1 <= size <= MOST_A_SECOND:
        raise BadSetting(f"a burst is of 1 to {MOST_A_SECOND} jobs, not {size!r}")
    burst = [float(size)] + [0.0] * (size - 1)
    return Arrivals(check_rate(rate), itertools.chain([0.0] * size, itertools.cycle(burst)))


def recorded(times: Iterable[float]) -> Arrivals:
    """At these times, in seconds from its beginning. Its rate is 1; at a rate of 2, all comes twice as fast."""
    ordered = sorted(times)
    if not all(map(math.isfinite, ordered)) or min(ordered, default=0) < 0:
        raise BadSetting("times are seconds from the beginning, none of them negative")
    return Arrivals(1.0, (later - earlier for earlier, later in itertools.pairwise([0.0, *ordered])))


def closed(clients: int, think: float = 0.0) -> Closed:
    """So many clients, each of whom waits for the result of its job, and then for `think` seconds."""
    if not isinstance(think, int | float) or not 0 <= think < math.inf:
        raise BadSetting(f"think is a number of seconds, not {think!r}")
    return Closed(check_clients(clients), think)


def check_rate(rate: float) -> float:
    """`rate`, if it is a number of jobs a second; raises BadSetting. At 0 nothing arrives."""
    if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 <= rate <= MOST_A_SECOND:
        raise BadSetting(f"a rate is 0 to {MOST_A_SECOND:,} jobs a second, not {rate!r}")
    return rate


def check_clients(clients: int) -> int:
    """`clients`, if there may be so many; raises BadSetting."""
    if not isinstance(clients, int) or isinstance(clients, bool) or not 0 <= clients <= MOST_CLIENTS:
        raise BadSetting(f"0 to {MOST_CLIENTS} clients, not {clients!r}")
    return clients
