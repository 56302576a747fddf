"""First come, first served: the tier only decides between jobs of equal age, so it hardly ever decides.

bug: no-priority
"""

ORDER = ["high", "normal", "low"]


def pick(heads):
    oldest = max(heads.values())
    return next(tier for tier in ORDER if heads.get(tier) == oldest)
