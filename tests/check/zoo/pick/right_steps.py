"""Promoted by a whole tier for each 15 s of waiting."""


def pick(heads):
    rank = {"low": 0, "normal": 1, "high": 2}

    def urgency(tier):
        return heads[tier] // 15 + rank[tier], rank[tier]

    return sorted(heads, key=urgency)[-1]
