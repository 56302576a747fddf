"""Takes the ages for timestamps, and subtracts them from now: the youngest gets the largest bonus.

bug: inverted-aging (F50)
"""

import time

BASE = {"high": 40.0, "normal": 20.0, "low": 0.0}


def pick(heads):
    now = time.time()
    scores = {tier: BASE[tier] + (now - since) for tier, since in heads.items()}
    return max(scores, key=lambda tier: (scores[tier], BASE[tier]))
