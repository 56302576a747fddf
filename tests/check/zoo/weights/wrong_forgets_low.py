"""The sums stop one tier too early.

bug: forgets-a-tier (F48)
"""

def draw_tier(heads, weights, rng):
    tiers = [tier for tier in heads if tier != "low"] or list(heads)
    return rng.choices(tiers, [weights[tier] for tier in tiers])[0]
