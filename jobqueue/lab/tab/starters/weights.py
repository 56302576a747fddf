def draw_tier(heads, weights, rng):
    return rng.choice(list(heads))
