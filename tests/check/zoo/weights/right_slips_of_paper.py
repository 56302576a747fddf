"""A slip of paper for each point of weight."""

def draw_tier(heads, weights, rng):
    slips = [tier for tier in heads for _ in range(weights[tier])]
    return rng.choice(slips)
