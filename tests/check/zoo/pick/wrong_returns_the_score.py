"""Returns the score it compared, not the tier.

bug: returns-no-tier
"""

BASE = {"high": 2, "normal": 1, "low": 0}


def pick(heads):
    return max((BASE[tier] + age / 20, tier) for tier, age in heads.items())
