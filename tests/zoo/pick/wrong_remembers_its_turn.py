"""Round robin: what it answers depends on what it answered before.

bug: answers-differ (F49)
"""

turn = 0


def pick(heads):
    global turn
    turn += 1
    tiers = [tier for tier in ("high", "normal", "low") if tier in heads]
    return tiers[turn % len(tiers)]
