"""When the queue as a whole is old, works from the bottom up, whatever the age of each job.

bug: overtakes-older (F50)
"""


def pick(heads):
    ranked = [tier for tier in ("high", "normal", "low") if tier in heads]
    late = sum(heads.values()) > 120
    oldest = max(ranked, key=heads.get)
    if heads[oldest] - min(heads.values()) > 60:
        return oldest
    return ranked[-1] if late else ranked[0]
