"""A lot is wrong if the tiers with work don't come up in proportion to their weights.

`tallies` holds a LotTally for each lot with several tiers that got answers.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from jobqueue.keys import TIERS
from jobqueue.lab.check.pieces.weights.worlds import Lot

#: A fair lot strays from its share by fewer standard deviations than this, and a draw or two.
SIGMAS, SLACK = 5.0, 2.0


class LotTally(NamedTuple):
    """A lot, by its number, and how often each tier was drawn."""

    at: int
    lot: Lot
    counts: Mapping[str, int]


#: The bug, the number of the lot that shows it, and the facts.
Wrong = tuple[str, int, str]


def judge(tallies: list[LotTally]) -> Wrong | None:
    """The most fundamental bug in these draws."""
    wrong = [one for one in tallies if not fits(one, one.lot.shares)]
    if not wrong:
        return None
    return _without_chance(tallies) or _never_drawn(tallies) or _by_shares(wrong, tallies) or _other(wrong)


def fits(tally: LotTally, shares: Mapping[str, float]) -> bool:
    """Whether a lot with these shares may well have drawn this."""
    draws = tally.lot.draws
    return all(
        abs(tally.counts.get(tier, 0) - draws * share) <= SIGMAS * (draws * share * (1 - share)) ** 0.5 + SLACK
        for tier, share in shares.items()
    )


def _without_chance(tallies: Iterable[LotTally]) -> Wrong | None:
    """Always the same tier of the same heads?"""
    tallies = list(tallies)
    if any(len(one.counts) > 1 for one in tallies):
        return None

    def always(best: Callable[[Lot], str]) -> bool:
        return all([best(one.lot)] == list(one.counts) for one in tallies)

    shows = next(one.at for one in tallies if not fits(one, one.lot.shares))
    if always(lambda lot: min(lot.heads, key=TIERS.index)):
        return "strict-priority", shows, ""
    if all(one.lot.weights[next(iter(one.counts))] == max(_weights(one.lot)) for one in tallies):
        return "always-heaviest", shows, ""
    return "no-chance", shows, ""


def _weights(lot: Lot) -> list[int]:
    return [lot.weights[tier] for tier in lot.heads]


def _never_drawn(tallies: Iterable[LotTally]) -> Wrong | None:
    """A tier that has work, and never comes up next to others."""
    for tier in TIERS:
        asked = [one for one in tallies if tier in one.lot.heads]
        if not any(tier in one.counts for one in asked):
            return "forgets-a-tier", asked[0].at, tier
    return None


def _by_shares(wrong: list[LotTally], tallies: list[LotTally]) -> Wrong | None:
    """The rule that explains all of these draws, if it's a known one."""
    for bug, shares in (("ignores-weights", _equal), ("weights-upside-down", _inverse), ("weights-by-place", _placed)):
        if all(fits(one, shares(one.lot)) for one in tallies):
            return bug, wrong[0].at, _facts(wrong[0])
    three = [one for one in tallies if len(one.lot.heads) == len(TIERS)]
    if all(fits(one, one.lot.shares) for one in three) and (heir := _heir(wrong)):
        return "leftover-to-one", wrong[0].at, heir
    if all(one.lot.twist == "ages" for one in wrong):
        return "ages-count", wrong[0].at, _facts(wrong[0])
    if all(one.lot.twist == "order" for one in wrong):
        return "depends-on-order", wrong[0].at, _facts(wrong[0])
    return None


def _equal(lot: Lot) -> dict[str, float]:
    return {tier: 1 / len(lot.heads) for tier in lot.heads}


def _inverse(lot: Lot) -> dict[str, float]:
    total = sum(1 / weight for weight in _weights(lot))
    return {tier: 1 / lot.weights[tier] / total for tier in lot.heads}


def _placed(lot: Lot) -> dict[str, float]:
    """The first weight for the first tier that has work, and so on."""
    placed = dict(zip(lot.heads, lot.weights.values(), strict=False))
    return {tier: weight / sum(placed.values()) for tier, weight in placed.items()}


def _heir(wrong: Iterable[LotTally]) -> str:
    """The tier that got all of the share of tiers without work, in words; "" if there's none."""
    for words, choose in (("the highest tier", min), ("the lowest tier", max)):
        if all(fits(one, _inherited(one.lot, choose(one.lot.heads, key=TIERS.index))) for one in wrong):
            return words
    return ""


def _inherited(lot: Lot, heir: str) -> dict[str, float]:
    total = sum(lot.weights.values())
    shares = {tier: lot.weights[tier] / total for tier in lot.heads}
    return shares | {heir: 1 - sum(share for tier, share in shares.items() if tier != heir)}


def _other(wrong: list[LotTally]) -> Wrong:
    return "wrong-shares", wrong[0].at, _facts(wrong[0])


def _facts(tally: LotTally) -> str:
    """The tier that strays the most, in a sentence."""
    lot = tally.lot
    tier = max(lot.heads, key=lambda tier: abs(tally.counts.get(tier, 0) - lot.draws * lot.shares[tier]))
    tiers = ", ".join(f"{name} ({lot.weights[name]})" for name in lot.heads)
    share = lot.draws * lot.shares[tier]
    drawn = tally.counts.get(tier, 0)
    return f"Of {lot.draws:,} draws from {tiers}, {drawn:,} were {tier}, and its share is {share:,.0f}."
