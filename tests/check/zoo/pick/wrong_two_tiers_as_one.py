"""Compares "high" with the rest, and takes the rest in the dict's order.

bug: depends-on-order
"""


def pick(heads):
    rest = [tier for tier in heads if tier != "high"]
    if "high" not in heads:
        return rest[0]
    oldest = max(heads, key=lambda tier: (heads[tier], tier == "high"))
    return oldest if heads[oldest] - heads["high"] > 40 else "high"
