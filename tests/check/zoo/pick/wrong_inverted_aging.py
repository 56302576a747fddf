"""Subtracts the age instead of adding it, so a job that waits falls back.

bug: inverted-aging (F50)
"""

BASE = {"high": 2, "normal": 1, "low": 0}


def pick(heads):
    return max(heads, key=lambda tier: (BASE[tier] - heads[tier] / 20, BASE[tier]))
