"""When jobs arrive: the schedules of open loops, and the clients of closed ones."""

import itertools
import math
import random
from collections.abc import Iterable, Iterator

import msgspec

from jobqueue.errors import BadSetting

MOST_A_SECOND, MOST_CLIENTS = 10_000, 500


class Arrivals(msgspec.Struct):
    """When the jobs of an open loop arrive: `rate` per second on average, with these gaps between them.

    The average gap is 1. So a new rate takes effect at once, in the middle of a gap.
    """

    rate: float
    gaps: Iterator[float]


class ClosedLoop(msgspec.Struct):
    """A closed loop: clients that think for some seconds between a result and their next job."""

    clients: int
    think: float


def steady(rate: float) -> Arrivals:
    """One job every 1/rate seconds."""
    return Arrivals(check_rate(rate), itertools.chain([0.0], itertools.repeat(1.0)))


def poisson(rate: float, seed: int = 0) -> Arrivals:
    """`rate` jobs per second on average, independent of each other, as from a crowd. The same `seed`, the same gaps."""
    rng = random.Random(seed)
    return Arrivals(check_rate(rate), iter(lambda: rng.expovariate(1.0), None))


def bursty(rate: float, size: int) -> Arrivals:
    """`rate` jobs per second on average, but `size` at a time."""
    if not isinstance(size, int) or not 1 <= size <= MOST_A_SECOND:
        raise BadSetting(f"a burst has 1 to {MOST_A_SECOND} jobs, not {size!r}")
    burst = [float(size)] + [0.0] * (size - 1)
    return Arrivals(check_rate(rate), itertools.chain([0.0] * size, itertools.cycle(burst)))


def recorded(times: Iterable[float]) -> Arrivals:
    """Jobs at these times, in seconds from the beginning. The rate is 1; at a rate of 2 they come twice as fast."""
    ordered = sorted(times)
    if not all(map(math.isfinite, ordered)) or min(ordered, default=0) < 0:
        raise BadSetting("times must be seconds from the beginning, none of them negative")
    return Arrivals(1.0, (later - earlier for earlier, later in itertools.pairwise([0.0, *ordered])))


def closed(clients: int, think: float = 0.0) -> ClosedLoop:
    """Clients that each wait for the result of their job, and then for `think` seconds."""
    if not isinstance(think, int | float) or not 0 <= think < math.inf:
        raise BadSetting(f"think must be a number of seconds, not {think!r}")
    return ClosedLoop(check_clients(clients), think)


def check_rate(rate: float) -> float:
    """Return `rate`. Raises BadSetting unless it's a number of jobs per second. At 0 no job arrives."""
    if not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 <= rate <= MOST_A_SECOND:
        raise BadSetting(f"a rate must be 0 to {MOST_A_SECOND:,} jobs per second, not {rate!r}")
    return rate


def check_clients(clients: int) -> int:
    """Return `clients`. Raises BadSetting unless there may be that many."""
    if not isinstance(clients, int) or isinstance(clients, bool) or not 0 <= clients <= MOST_CLIENTS:
        raise BadSetting(f"there can be 0 to {MOST_CLIENTS} clients, not {clients!r}")
    return clients
