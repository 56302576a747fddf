"""Chance, weighted. No job's wait is bounded, and equal ages are decided by luck.

bug: answers-differ
"""

import random

WEIGHTS = {"high": 6, "normal": 3, "low": 1}


def pick(heads):
    tiers = list(heads)
    return random.choices(tiers, [WEIGHTS[tier] for tier in tiers])[0]
