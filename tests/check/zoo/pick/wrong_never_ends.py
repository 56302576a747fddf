"""Looks for a tier in a circle that doesn't contain it.

bug: spins
"""


def pick(heads):
    tier = "high"
    while tier not in heads:
        tier = "normal" if tier == "high" else "high"
    return tier
