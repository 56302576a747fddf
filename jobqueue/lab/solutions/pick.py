"""Lesson 07. Effective priority: the tier's base, plus a bonus for waiting."""

BASE = {"high": 2, "normal": 1, "low": 0}
SECONDS_A_TIER = 20


def pick(heads):
    return max(heads, key=lambda tier: (BASE[tier] + heads[tier] / SECONDS_A_TIER, BASE[tier]))
