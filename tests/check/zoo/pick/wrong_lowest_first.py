"""min instead of max: ranks the wrong way round.

bug: lowest-first
"""

RANK = {"high": 0, "normal": 1, "low": 2}


def pick(heads):
    return max(heads, key=lambda tier: (heads[tier] // 10, RANK[tier]))
