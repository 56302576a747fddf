"""Looks up tiers that have no work, and so aren't in the dict.

bug: needs-every-tier
"""


def pick(heads):
    if heads["low"] > max(heads["high"], heads["normal"]) + 60:
        return "low"
    if heads["normal"] > heads["high"] + 60:
        return "normal"
    return "high"
