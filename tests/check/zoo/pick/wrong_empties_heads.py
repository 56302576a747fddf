"""Takes tiers out of the dict while it looks for the best.

bug: changes-heads
"""

BASE = {"high": 120, "normal": 60, "low": 0}


def pick(heads):
    best = None
    while heads:
        tier, age = heads.popitem()
        score = age + BASE[tier] / 2.5
        if best is None or (score, BASE[tier]) > best[:2]:
            best = (score, BASE[tier], tier)
    return best[2]
