"""Rescues "low" and forgets that "normal" can starve as well.

bug: forgets-a-tier (F48)
"""


def pick(heads):
    match sorted(heads):
        case ["high", *rest] if "low" in rest:
            others = max(age for tier, age in heads.items() if tier != "low")
            return "low" if heads["low"] - others > 30 else "high"
        case [only]:
            return only
        case ["low", "normal"]:
            return "low" if heads["low"] - heads["normal"] > 30 else "normal"
    return "high"
