"""Which tier to fetch from next. A policy is a plain function `pick(heads) -> tier`.

`heads` maps each tier that has waiting jobs to the age, in seconds, of its oldest one; it is never empty.
"""

from collections.abc import Callable

from jobqueue.keys import TIERS, Tier

Policy = Callable[[dict[Tier, float]], Tier]


def strict(heads: dict[Tier, float]) -> Tier:
    """The highest tier that has work. A high tier that never empties starves the others for ever: lesson 06."""
    return next(tier for tier in TIERS if tier in heads)
