"""The highest tier, unless the oldest job is older than its by more than 60 s."""


def pick(heads):
    tiers = [tier for tier in ("high", "normal", "low") if tier in heads]
    oldest = max(tiers, key=heads.get)
    return oldest if heads[oldest] - heads[tiers[0]] > 60 else tiers[0]
