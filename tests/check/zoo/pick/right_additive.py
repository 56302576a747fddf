"""Base and age are simply added. Where two sums are equal, the order of the dict decides."""

BASE = {"high": 40, "normal": 20, "low": 0}


def pick(heads):
    return max(heads, key=lambda tier: BASE[tier] + heads[tier])
