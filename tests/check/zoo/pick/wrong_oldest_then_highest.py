"""The age comes first in the key, so the base only breaks ties between floats.

bug: no-priority
"""

BASE = {"high": 2, "normal": 1, "low": 0}


def pick(heads):
    return max(heads, key=lambda tier: (heads[tier], BASE[tier]))
