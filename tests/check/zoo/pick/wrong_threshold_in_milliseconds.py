"""Compares seconds with 60,000, as if ages were milliseconds.

bug: ages-too-slowly (F48)
"""

PROMISE_MS = 60_000


def pick(heads):
    ranked = [tier for tier in ("high", "normal", "low") if tier in heads]
    oldest = max(ranked, key=heads.__getitem__)
    if heads[oldest] - heads[ranked[0]] > PROMISE_MS:
        return oldest
    return ranked[0]
