"""A picture of a policy: the heads it got wrong, and what it does in a flood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jobqueue.keys import TIERS
from jobqueue.lab.check.pictures.draw import LINE, frame, page, paragraph, write
from jobqueue.lab.pictures.base.language import TIER_SHAPES

RULES = {
    "older": "older than any other by more than 60 s",
    "equal": "equal age: the higher tier",
    "dominated": "a higher tier, and no younger",
    "priority": "a higher tier, and hardly younger",
}
GLYPHS = {"high": "⇑", "normal": "=", "low": "v"}
WIDE = 260  # pixels of the oldest job's bar, and of the flood
FLOOD = "A flood: one high and one normal job per second, and a low one every 10 s. The worker runs one job per second."


class Example(NamedTuple):
    """Heads that a policy got wrong.

    Attributes:
        heads: the age of each tier's oldest job.
        answer: the tier it picked, or what else it did, in words.
        right: the tiers that the rule allows; none if the answer is no tier.
        rule: the name of the rule it breaks.
    """

    heads: Mapping[str, float]
    answer: str
    right: Sequence[str]
    rule: str


@dataclass(frozen=True)
class PickPicture:
    """An example, or None, and the tiers picked in the flood, one per second; may be empty."""

    example: Example | None
    picked: list[str]

    def __str__(self) -> str:
        return "\n".join([*self._table(), *self._strip()])

    def html(self) -> str:
        drawn = (self._draw(self.example) if self.example else "") + (self._draw_flood() if self.picked else "")
        return page(drawn, good=not self.example)

    def _table(self) -> list[str]:
        if not self.example:
            return []
        lines = ["  heads, and the age of each one's oldest job:"]
        for tier, age in self.example.heads.items():
            notes = "  ".join(words for words, _ in notes_of(self.example, tier))
            lines.append(f"    {GLYPHS[tier]} {tier:<7}{seconds(age):>12}  {notes}".rstrip())
        return lines if self.example.answer in TIERS else [*lines, f"    → {self.example.answer}"]

    def _strip(self) -> list[str]:
        rows = ("".join("█" if choice == tier else "·" for choice in self.picked) for tier in TIERS)
        lines = [f"    {tier:<7}{row}  {self._summary(tier)}" for tier, row in zip(TIERS, rows, strict=True)]
        return ["", f"  {FLOOD}", *lines] if self.picked else []

    def _summary(self, tier: str) -> str:
        number = self.picked.count(tier)
        return f"{number} picked, longest wait {longest_waits(self.picked)[tier]} s" if number else "never picked"

    def _draw(self, example: Example) -> str:
        oldest = max(example.heads.values()) or 1.0
        parts, y = [write(12, 20, "heads: the age of each tier's oldest job", "soft")], 34
        for tier, age in example.heads.items():
            width = max(2, WIDE * age / oldest)
            bar = f'<rect class="age" x="120" y="{y}" width="{width:.0f}" height="20" rx="3"/>'
            parts.append(f'<g class="{tier}">{_shape(tier, y + 11)}{bar}</g>')
            parts.append(write(38, y + 15, tier) + write(130 + width, y + 15, seconds(age), "mono"))
            notes, x = notes_of(example, tier), 120.0
            y += LINE * bool(notes)
            for words, style in notes:
                parts.append(write(x, y + 17, words, style))
                x += 8.2 * len(words) + 16
            y += 28
        if example.answer not in TIERS:
            parts.append(write(120, y + 15, f"→ {example.answer}", "is"))
            y += 26
        return frame(parts, y + 6, "\n".join(self._table()))

    def _draw_flood(self) -> str:
        parts, top = paragraph(FLOOD)
        step = WIDE / len(self.picked)
        for row, tier in enumerate(TIERS):
            y = top + 26 * row
            marks = "".join(
                f'<rect class="age" x="{120 + step * at:.1f}" y="{y}" width="{step:.2f}" height="18"/>'
                for at, choice in enumerate(self.picked)
                if choice == tier
            )
            line = f'<line class="tick" x1="120" x2="{120 + WIDE}" y1="{y + 9}" y2="{y + 9}"/>'
            style = "is" if tier not in self.picked else "soft"
            parts.append(f'<g class="{tier}">{line}{marks}{_shape(tier, y + 10)}</g>' + write(38, y + 14, tier))
            parts.append(write(132 + WIDE, y + 14, self._summary(tier), style))
        for at in range(0, len(self.picked) + 1, 30):
            parts.append(write(120 + step * at - (0 if at == 0 else 8), top + 90, f"{at} s", "head"))
        return frame(parts, top + 98, "\n".join(self._strip()))


def notes_of(example: Example, tier: str) -> list[tuple[str, str]]:
    """Notes next to a tier: (words, style)."""
    notes = [("◀ your pick", "is")] if example.answer == tier else []
    if tier in example.right and example.answer in TIERS:
        notes.append((f"✓ {RULES[example.rule]}" if len(example.right) == 1 else "✓ allowed", "ought"))
    return notes


def longest_waits(picked: Sequence[str]) -> dict[str, int]:
    """The age of the oldest job of each tier that was picked, or that still waits at the end."""
    longest = {}
    for tier, every in zip(TIERS, (1, 1, 10), strict=True):
        times = [now for now, choice in enumerate(picked) if choice == tier]
        left = len(picked) - len(times) * every
        longest[str(tier)] = max([0, left, *(now - at * every for at, now in enumerate(times))])
    return longest


def seconds(age: float) -> str:
    return f"{age:,.10g} s"


def _shape(tier: str, y: int) -> str:
    return f'<path class="mark" transform="translate(22 {y})" d="{TIER_SHAPES[tier]}"/>'
