"""Adds a head start, which is written in seconds but divided as if it were milliseconds: 0.02 s is no priority.

bug: no-priority
"""

HEAD_START = {"high": 20, "normal": 10, "low": 0}


def pick(heads):
    def effective(tier):
        return heads[tier] + HEAD_START[tier] / 1000

    return max(heads, key=lambda tier: (effective(tier), HEAD_START[tier]))
