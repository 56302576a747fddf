"""Lesson 08. Look first: the lot is drawn among the tiers that have work."""


def draw_tier(heads, weights, rng):
    tiers = list(heads)
    [tier] = rng.choices(tiers, [weights[tier] for tier in tiers])
    return tier
