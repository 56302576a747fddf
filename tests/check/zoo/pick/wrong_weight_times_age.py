"""Weight times age: to be picked, a low job must be three times as old as a high one, and in a long flood that is long.

bug: aging-fades (F48)
"""

WEIGHT = {"high": 3, "normal": 2, "low": 1}


def pick(heads):
    return max(heads, key=lambda tier: (WEIGHT[tier] * heads[tier], WEIGHT[tier]))
