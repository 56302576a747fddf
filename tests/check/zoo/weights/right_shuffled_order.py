"""An order by lot over all tiers, and then the first that has work, as Sidekiq does it."""

def draw_tier(heads, weights, rng):
    slips = [tier for tier in weights for _ in range(weights[tier])]
    rng.shuffle(slips)
    order = list(dict.fromkeys(slips))
    return next(tier for tier in order if tier in heads)
