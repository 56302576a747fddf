def pick(heads):
    for tier in ("high", "normal", "low"):
        if tier in heads:
            return tier
