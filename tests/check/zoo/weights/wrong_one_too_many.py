"""`randint` includes its upper end, and the last tier is one point longer.

bug: wrong-shares
"""

def draw_tier(heads, weights, rng):
    point = rng.randint(0, sum(weights[tier] for tier in heads))
    for tier in heads:
        point -= weights[tier]
        if point < 0:
            return tier
    return tier
