"""Ages in whole minutes; within a minute the tier decides."""

ORDER = ("high", "normal", "low")


def pick(heads):
    minutes = {tier: int(age // 60) for tier, age in heads.items()}
    oldest = max(minutes.values())
    return [tier for tier in ORDER if minutes.get(tier) == oldest][0]
