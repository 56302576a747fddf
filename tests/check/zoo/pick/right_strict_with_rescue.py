"""Strict priority, but a job that's older than every other by 45 s is rescued first."""


def pick(heads):
    by_age = sorted(heads.items(), key=lambda item: item[1], reverse=True)
    if len(by_age) == 1 or by_age[0][1] - by_age[1][1] > 45:
        return by_age[0][0]
    for tier in ("high", "normal", "low"):
        if tier in heads:
            return tier
