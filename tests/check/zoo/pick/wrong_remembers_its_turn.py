"""Round robin: its answer depends on its answers before.

bug: answers-differ
"""

turn = 0


def pick(heads):
    global turn
    turn += 1
    tiers = [tier for tier in ("high", "normal", "low") if tier in heads]
    return tiers[turn % len(tiers)]
