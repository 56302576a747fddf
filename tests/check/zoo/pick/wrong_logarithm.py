"""A logarithm of the age: it grows forever, but more and more slowly.

bug: aging-fades (F48)
"""

import math

BASE = {"high": 2, "normal": 1, "low": 0}


def pick(heads):
    return max(heads, key=lambda tier: (BASE[tier] + math.log1p(heads[tier]), BASE[tier]))
