"""Each tier's clock rings at random, the sooner the heavier it is. The first one wins."""

def draw_tier(heads, weights, rng):
    return min(heads, key=lambda tier: rng.expovariate(weights[tier]))
