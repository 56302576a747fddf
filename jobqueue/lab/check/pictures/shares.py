"""A picture of a lot: how often each tier came up, next to the share that its weight gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobqueue.keys import TIERS
from jobqueue.lab.check.pictures.draw import frame, page, write
from jobqueue.lab.check.pieces.weights.worlds import Lot, all_lots
from jobqueue.lab.pictures.base.language import TIER_SHAPES

WIDE = 240  # pixels of the axis, and
CHARACTERS = 50  # of a line of text
LEFT, ROW = 120, 26


@dataclass(frozen=True)
class SharesPicture:
    """rows: (number of a lot, {tier: draws})."""

    rows: Sequence[tuple[int, Mapping[str, int]]]
    good: bool = True

    def __str__(self) -> str:
        lines = []
        for lot, counts in self._lots():
            lines.append(f"  {title(lot)}")
            for tier in TIERS:
                drawn, share = counts.get(tier, 0) / lot.draws, lot.shares.get(tier, 0.0)
                bar = ("█" * round(drawn * CHARACTERS)).ljust(CHARACTERS, "·")
                place = min(round(share * CHARACTERS), CHARACTERS - 1)
                line = f"{bar[:place]}│{bar[place + 1 :]}" if share else bar
                lines.append(f"    {tier:<7}{line}  {notes(lot, counts, tier)}".rstrip())
        return "\n".join([*lines, "    │ the share that its weight gives it"])

    def html(self) -> str:
        parts, y = [], 0
        for lot, counts in self._lots():
            parts.append(write(12, y + 20, title(lot), "soft"))
            for row, tier in enumerate(TIERS):
                parts += self._bar(y + 32 + ROW * row, lot, counts, tier)
            y += 32 + ROW * len(TIERS) + 8
        parts.append(write(LEFT, y + 10, "The vertical line is the share that its weight gives it.", "soft"))
        return page(frame(parts, y + 20, str(self)), good=self.good)

    def _bar(self, y: int, lot: Lot, counts: Mapping[str, int], tier: str) -> list[str]:
        drawn, share = counts.get(tier, 0) / lot.draws, lot.shares.get(tier, 0.0)
        shape = f'<path class="mark" transform="translate(22 {y + 10})" d="{TIER_SHAPES[tier]}"/>'
        bar = f'<rect class="age" x="{LEFT}" y="{y}" width="{max(1, WIDE * drawn):.0f}" height="18" rx="3"/>'
        axis = f'<line class="tick" x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y + 18}" y2="{y + 18}"/>'
        x = LEFT + WIDE * share
        mark = f'<line class="cap" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 3}" y2="{y + 21}"/>' if share else ""
        style = "is" if tier in counts and tier not in lot.heads else "soft"
        words = write(LEFT + WIDE + 14, y + 14, notes(lot, counts, tier), style)
        return [f'<g class="{tier}">{bar if drawn else ""}{shape}</g>{axis}{mark}', write(38, y + 14, tier), words]

    def _lots(self) -> list[tuple[Lot, Mapping[str, int]]]:
        return [(all_lots()[at], counts) for at, counts in self.rows]


def title(lot: Lot) -> str:
    """Which tiers have work, and all weights."""
    weights = " · ".join(f"{tier} {weight}" for tier, weight in lot.weights.items())
    verb = "has" if len(lot.heads) == 1 else "have"
    return f"{', '.join(lot.heads)} {verb} work. Weights: {weights}. {lot.draws:,} draws:"


def notes(lot: Lot, counts: Mapping[str, int], tier: str) -> str:
    """How often a tier came up, and how often it should have."""
    drawn = counts.get(tier, 0)
    if tier not in lot.heads:
        return f"{drawn:,}, and it has no work" if drawn else "no work"
    return f"{drawn:,}, and its share is {lot.draws * lot.shares[tier]:,.0f}"
