"""A slip in the table of ranks: low stands above normal.

bug: overtakes-older (F50)
"""

RANK = {"high": 2, "normal": 0, "low": 1}


def pick(heads):
    return max(heads, key=lambda tier: (RANK[tier] + heads[tier] / 20, RANK[tier]))
