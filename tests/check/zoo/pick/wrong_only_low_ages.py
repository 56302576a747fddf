"""Only low jobs are ever promoted. Normal ones starve.

bug: forgets-a-tier (F48)
"""


def pick(heads):
    others = [age for tier, age in heads.items() if tier != "low"]
    if "low" in heads and (not others or heads["low"] > max(others) + 30):
        return "low"
    return "high" if "high" in heads else "normal"
