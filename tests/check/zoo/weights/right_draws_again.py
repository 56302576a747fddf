"""Draw among all, and again until the tier has work."""

def draw_tier(heads, weights, rng):
    while True:
        (tier,) = rng.choices(list(weights), list(weights.values()))
        if tier in heads:
            return tier
