"""Compound interest on the age: after a few hours the float overflows, and the worker stops.

bug: raises
"""

BASE = {"high": 3.0, "normal": 2.0, "low": 1.0}


def pick(heads):
    return max(heads, key=lambda tier: (BASE[tier] * 1.02 ** heads[tier], BASE[tier]))
