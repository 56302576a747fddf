"""Each tier must beat the one above it by 20 s."""

from functools import reduce

ORDER = ("high", "normal", "low")


def pick(heads):
    def better(champion, challenger):
        lead = 20 * (ORDER.index(challenger) - ORDER.index(champion))
        return challenger if heads[challenger] - heads[champion] > lead else champion

    return reduce(better, (tier for tier in ORDER if tier in heads))
