"""Each tier has a deadline; the earliest one goes first. A plain loop."""


def pick(heads):
    chosen, earliest = None, None
    for tier, grace in (("high", 5), ("normal", 20), ("low", 50)):
        if tier not in heads:
            continue
        due_in = grace - heads[tier]
        if earliest is None or due_in < earliest:
            chosen, earliest = tier, due_in
    return chosen
