"""Sorts by age, then by the tier's name: "low" comes before "normal".

bug: tiers-by-name
"""


def pick(heads):
    return sorted(heads, key=lambda tier: (-heads[tier], tier))[0]
