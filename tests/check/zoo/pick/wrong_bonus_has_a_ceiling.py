"""The bonus for waiting stops growing after ten minutes; from then on it is strict priority again.

bug: plateau (F50)
"""

BASE = {"high": 2, "normal": 1, "low": 0}


def pick(heads):
    return max(heads, key=lambda tier: (BASE[tier] + min(heads[tier], 600) / 25, BASE[tier]))
