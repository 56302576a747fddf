"""Divides the age by the rank, so a low job needs three times the age, and in a long flood that is hours.

bug: aging-fades (F48)
"""

RANK = {"high": 1, "normal": 2, "low": 3}


def pick(heads):
    return min(heads, key=lambda tier: (-heads[tier] / RANK[tier], RANK[tier]))
