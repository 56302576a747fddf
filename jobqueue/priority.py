"""Which tier to fetch from next. A policy is a plain function `pick(heads) -> tier`.

`heads` maps each tier that has waiting jobs to the age, in seconds, of its oldest one; it is never empty. A policy that
looks at nothing else can be run on recorded arrivals as well as on a fleet, and none can wait on an empty tier.
"""

import math
import random
from collections.abc import Callable, Mapping

from jobqueue.errors import BadSetting
from jobqueue.keys import TIERS, Tier

Policy = Callable[[dict[Tier, float]], Tier]


def strict(heads: dict[Tier, float]) -> Tier:
    """The highest tier that has work. A high tier that never empties starves the others for ever: lesson 06."""
    return next(tier for tier in TIERS if tier in heads)


def aging(seconds: float) -> Policy:
    """The tier of the highest effective priority: a waiting job rises by one tier for each `seconds` it has waited.

    So nothing starves: no high job that became waiting more than 2 × `seconds` after a low one is fetched before it.
    """
    if not 0 < seconds < math.inf:
        raise BadSetting(f"aging needs a positive number of seconds a tier, not {seconds!r}")
    base = {tier: len(TIERS) - 1 - rank for rank, tier in enumerate(TIERS)}

    def pick(heads: dict[Tier, float]) -> Tier:
        return max(heads, key=lambda tier: (base[tier] + heads[tier] / seconds, base[tier]))

    return pick


def weighted(weights: Mapping[Tier, float], rng: random.Random) -> Policy:
    """A tier at random, by its weight among those that have work: each gets its share, and a low one never none."""
    if set(weights) != set(TIERS) or not all(0 < weight < math.inf for weight in weights.values()):
        raise BadSetting(f"weights must be one positive number for each of {', '.join(TIERS)}, not {dict(weights)!r}")

    def pick(heads: dict[Tier, float]) -> Tier:
        return rng.choices(list(heads), [weights[tier] for tier in heads])[0]

    return pick


def named(name: str, rng: random.Random) -> Policy:
    """The policy that a text names: `strict`, `aging:5` (seconds), `weighted:6/3/1` (high, normal, low).

    Names are what crosses from one process to another; code never comes out of Redis. Raises BadSetting.
    """
    kind, _, rest = name.partition(":")
    try:
        if name == "strict":
            return strict
        if kind == "aging":
            return aging(_number(rest))
        if kind == "weighted":
            numbers = [_number(part) for part in rest.split("/")]
            if len(numbers) != len(TIERS):
                raise BadSetting(f"it takes one weight a tier, as in weighted:6/3/1, not {len(numbers)}")
            return weighted(dict(zip(TIERS, numbers, strict=True)), rng)
    except ValueError as error:
        raise BadSetting(f"cannot read the policy {name!r}: {error}") from None
    raise BadSetting(f"no policy is named {name!r}: strict, aging:SECONDS or weighted:HIGH/NORMAL/LOW")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadSetting(f"{text!r} is no number") from None
