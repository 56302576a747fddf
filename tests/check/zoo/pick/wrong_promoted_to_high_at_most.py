"""A job rises by a tier per 20 s, up to "high" and no further. There rank decides, so a normal job never gets ahead.

bug: forgets-a-tier (F48)
"""

RANK = {"high": 2, "normal": 1, "low": 0}


def pick(heads):
    def effective(tier):
        return min(2, RANK[tier] + int(heads[tier] // 20))

    return max(heads, key=lambda tier: (effective(tier), RANK[tier]))
