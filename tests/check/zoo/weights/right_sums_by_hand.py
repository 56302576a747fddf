"""A point on a line on which each tier has a piece as long as its weight."""

def draw_tier(heads, weights, rng):
    point = rng.random() * sum(weights[tier] for tier in heads)
    for tier in heads:
        point -= weights[tier]
        if point < 0:
            return tier
    return tier
