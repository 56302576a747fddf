"""Jobs that have waited for 30 s go first, lowest tier first, so once all are old, low jobs come before high ones.

bug: overtakes-older (F50)
"""


def pick(heads):
    for tier in ("low", "normal", "high"):
        if heads.get(tier, 0) > 30:
            others = [age for other, age in heads.items() if other != tier]
            if not others or heads[tier] >= max(others) - 60:
                return tier
    return next(tier for tier in ("high", "normal", "low") if tier in heads)
