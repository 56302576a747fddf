"""First come, first served; the tier decides between jobs of equal age."""

ORDER = ["high", "normal", "low"]


def pick(heads):
    oldest = max(heads.values())
    return next(tier for tier in ORDER if heads.get(tier) == oldest)
