"""Falls back on "normal", even if it has no work.

bug: picks-empty-tier (F49)
"""


def pick(heads):
    oldest = max(heads, key=heads.get)
    if heads[oldest] > 60:
        return oldest
    return "high" if "high" in heads else "normal"
