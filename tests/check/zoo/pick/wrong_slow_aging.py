"""Ages by one tier in ten minutes: a low job must be older by twenty.

bug: ages-too-slowly (F48)
"""

BASE = {"high": 2, "normal": 1, "low": 0}


def pick(heads):
    return max(heads, key=lambda tier: (BASE[tier] + heads[tier] / 600, BASE[tier]))
