"""How a worker decides: which tier is next, when a failed job is tried again, which suspects run side by side.

A priority policy is a plain function `pick(heads) -> tier`. `heads` maps each tier that has waiting jobs to the age, in
seconds, of its oldest one; it's never empty. A policy looks at nothing else. So it can be run on recorded arrivals as
well as on a fleet.
"""

import math
import random
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from jobqueue.errors import BadSetting
from jobqueue.job import Job
from jobqueue.keys import TIERS, Tier
from jobqueue.printable import log

Policy = Callable[[dict[Tier, float]], Tier]

BUILT_IN = ("strict", "aging", "weighted")

#: How their names are written.
FORMS = "strict, aging:SECONDS or weighted:HIGH/NORMAL/LOW"

#: The backoff of a first failure, and that of any.
BASE_SECONDS, CAP_SECONDS = 1.0, 60.0

#: Suspects that may run side by side, by the most leases that one of them has lost. Each further loss makes the group
#: a quarter as large. So a job loses three leases at most next to suspects, whatever the killers: then it runs alone.
SIDE_BY_SIDE = {1: 64, 2: 16, 3: 4}


def strict(heads: dict[Tier, float]) -> Tier:
    """The highest tier that has work. If the high tier never empties, the others starve: see lesson 07."""
    return next(tier for tier in TIERS if tier in heads)


def aging(seconds: float) -> Policy:
    """The tier of the highest effective priority: a waiting job rises by one tier for each `seconds` it has waited.

    So nothing starves: a high job that comes more than 2 × `seconds` after a low one isn't fetched before it.
    """
    if not 0 < seconds < math.inf:
        raise BadSetting(f"aging needs a positive number of seconds a tier, not {seconds!r}")
    base = {tier: len(TIERS) - 1 - rank for rank, tier in enumerate(TIERS)}

    def pick(heads: dict[Tier, float]) -> Tier:
        # F48: a waiting job rises without end, so it's fetched at last. F50: by the same rate in all tiers, so a higher
        # job never overtakes one that is older by the bound.
        return max(heads, key=lambda tier: (base[tier] + heads[tier] / seconds, base[tier]))

    return pick


def weighted(weights: Mapping[Tier, float], rng: random.Random) -> Policy:
    """A tier at random, by its weight among those that have work: each gets its share."""
    if set(weights) != set(TIERS) or not all(0 < weight < math.inf for weight in weights.values()):
        raise BadSetting(f"weights must be one positive number for each of {', '.join(TIERS)}, not {dict(weights)!r}")

    def pick(heads: dict[Tier, float]) -> Tier:
        # F48: each tier has a share. F49: draw among tiers that have work, or a worker waits on an empty one.
        return rng.choices(list(heads), [weights[tier] for tier in heads])[0]

    return pick


def named(name: str, rng: random.Random | None = None) -> Policy:
    """The policy of this name: `strict`, `aging:5` (seconds), `weighted:6/3/1` (high, normal, low).

    Raises BadSetting.
    """
    # F08: only a name crosses from one process to another. Code never comes out of Redis.
    kind, _, rest = name.partition(":")
    try:
        if name == "strict":
            return strict
        if kind == "aging":
            return aging(float(rest))
        if kind == "weighted":
            high, normal, low = map(float, rest.split("/"))
            return weighted({"high": high, "normal": normal, "low": low}, rng or random.Random())
    except ValueError as error:
        raise BadSetting(f"cannot read the policy {name!r}: {error}; say {FORMS}") from None
    hint = "".join(f" Did you mean {close}{name.removeprefix(kind)}?" for close in get_close_matches(kind, BUILT_IN, 1))
    raise BadSetting(f"no policy is named {name!r}.{hint} The built-in ones are {FORMS}")


class Chooser:
    """Picks a tier by the policy in force: the one that's set for the queue, or else the worker's `own`.

    Args:
        known: policies that the queue may name, besides those that are built in.
    """

    def __init__(self, own: Policy, known: Mapping[str, Policy], rng: random.Random):
        self._own, self._known, self._rng = own, known, rng
        self._name: str | None = None
        self._policy = own

    def pick(self, name: str | None, ages: dict[Tier, float]) -> Tier:
        """The tier that the policy named `name` picks; None: the worker's own."""
        if name != self._name:
            self._name, self._policy = name, self._find(name) if name else self._own
        try:
            if (tier := self._policy(dict(ages))) in ages:
                return tier
            raise BadSetting(f"it picked {tier!r}, which is none of {', '.join(ages)}")
        except Exception:  # a policy may be your own function: its bug must not stop the fleet, or fill the log
            log.exception("the policy failed: strict priority from now on")
            self._policy = strict
        return strict(ages)

    def _find(self, name: str) -> Policy:
        try:
            return self._known.get(name) or named(name, self._rng)
        except BadSetting as error:
            log.error("this worker doesn't know the queue's policy, so it follows its own: %s", error)
            return self._own


def backoff(attempt: int, rng: random.Random) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1): exponential, capped, with full jitter.

    Full jitter: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    # F53: jobs that failed together must not come back together, so each picks any moment up to the bound.
    return rng.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2 ** min(attempt, 32)))


class Suspects:
    """How many suspects one worker may run side by side: one at first, and twice as many after each that survives.

    A suspect is a job whose last attempt lost its lease. It may have killed its worker, or only run next to the killer.
    If suspects run side by side, an innocent one dies with the killer again. If they run one at a time, the killer dies
    alone, but a hundred orphans of a mass crash take a hundred times as long as one. So a worker bisects.

    A worker that dies takes its count along, and the next one starts with one again. The other workers don't see that
    death, but the tickets show it: each suspect of that group has lost one more lease.
    """

    def __init__(self) -> None:
        self.proven = 1

    def survived(self) -> None:
        """Note that a suspect ended without taking this worker along."""
        self.proven = min(2 * self.proven, SIDE_BY_SIDE[1])

    def have_room(self, job: Job, running: Iterable[Job]) -> bool:
        """Return whether `job` may start next to those that are `running`. A job that is no suspect always may."""
        # F22: a job that keeps killing workers must not take innocent jobs along each time.
        group = [job, *(other for other in running if other.reaped)]
        most = SIDE_BY_SIDE.get(max(max(1, each.lost) for each in group), 1)
        return not job.reaped or len(group) <= min(self.proven, most)
