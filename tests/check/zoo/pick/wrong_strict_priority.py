"""The highest tier that has work. A flood of high jobs starves the rest.

bug: strict-priority (F48)
"""


def pick(heads):
    for tier in ("high", "normal", "low"):
        if tier in heads:
            return tier
