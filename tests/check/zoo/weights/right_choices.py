"""Python's own weighted lot, among the heads."""

def draw_tier(heads, weights, rng):
    return rng.choices(list(heads), [weights[tier] for tier in heads])[0]
