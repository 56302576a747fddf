"""A picture of a policy: the heads it got wrong, and what it does in a flood."""

from dataclasses import dataclass
from html import escape

from jobqueue.lab.check.pick_heads import TIERS
from jobqueue.lab.check.pick_names import diagnose, longest_waits
from jobqueue.lab.explorer import svg
from jobqueue.lab.live.language import TIER_SHAPES

RULES = {
    "older": "older than any other by more than 60 s",
    "equal": "equal age: the higher tier",
    "dominated": "a higher tier, and no younger",
}
GLYPHS = {"high": "⇑", "normal": "=", "low": "v"}
WIDE = 300  # pixels of the oldest job's bar

STYLE = """<style>
.jqx-pick { padding: 2px 14px 10px; border-left: 4px solid var(--rule); }
.jqx-pick.good { border-left-color: #009e73; color: var(--ink); }
.jqx-pick.wrong { border-left-color: var(--trouble); color: var(--ink); }
.jqx-pick .high { --tier: color-mix(in srgb, #0072b2 84%, var(--ink)); }
.jqx-pick .normal { --tier: #009e73; } .jqx-pick .low { --tier: #b97f00; }
.jqx-pick .bar { fill: color-mix(in srgb, var(--tier) 40%, var(--paper)); stroke: var(--tier); }
.jqx-pick .mark { stroke: var(--tier); stroke-width: 2; fill: none; stroke-linecap: round; }
.jqx-pick .is { fill: var(--trouble); font-weight: 600; } .jqx-pick .ought { fill: #009e73; font-weight: 600; }
.jqx-pick .tick { stroke: var(--rule); }
</style>"""


@dataclass(frozen=True)
class PickPicture:
    """heads, answer, right, rule: the example, or None. picked: the tiers of the flood, one a second; may be empty."""

    example: tuple | None
    picked: list[str]

    def __str__(self):
        return "\n".join([*self._table(), *self._strip()])

    def html(self) -> str:
        drawn = (self._example_svg() if self.example else "") + (self._flood_svg() if self.picked else "")
        return f'{svg.STYLE}{STYLE}<div class="jqx jqx-pick {"wrong" if self.example else "good"}">{drawn}</div>'

    def notes(self, tier) -> list[tuple[str, str]]:
        """What is said beside a tier: (words, style)."""
        _, answer, right, rule = self.example
        found = [("◀ your pick", "is")] if answer == tier else []
        if tier in right and answer in TIERS:
            found.append((f"✓ {RULES[rule]}" if len(right) == 1 else "✓ allowed", "ought"))
        return found

    def _table(self):
        if not self.example:
            return []
        heads, answer, *_ = self.example
        lines = ["  heads, and the age of each one's oldest job:"]
        for tier in heads:
            notes = "  ".join(words for words, _ in self.notes(tier))
            lines.append(f"    {GLYPHS[tier]} {tier:<7}{seconds(heads[tier]):>12}  {notes}".rstrip())
        return lines if answer in TIERS else [*lines, f"    → {answer}"]

    def _strip(self):
        if not self.picked:
            return []
        lines = ["", f"  {FLOOD}"]
        for tier in TIERS:
            row = "".join("█" if choice == tier else "·" for choice in self.picked)
            lines.append(f"    {tier:<7}{row}  {self._said(tier)}")
        return lines

    def _said(self, tier) -> str:
        number = self.picked.count(tier)
        return f"{number} picked, longest wait {longest_waits(self.picked)[tier]} s" if number else "never picked"

    def _example_svg(self):
        heads, answer, *_ = self.example
        oldest, parts, y = (
            max(heads.values()) or 1.0,
            [_text(12, 20, "heads: the age of each tier's oldest job", "soft")],
            34,
        )
        for tier in heads:
            width = max(2, WIDE * heads[tier] / oldest)
            x = 120 + width + 10
            glyph = f'<path class="mark" transform="translate(22 {y + 11})" d="{TIER_SHAPES[tier]}"/>'
            bar = f'<rect class="bar" x="120" y="{y}" width="{width:.0f}" height="20" rx="3"/>'
            parts.append(f'<g class="{tier}">{glyph}{bar}</g>')
            parts.append(_text(38, y + 15, tier) + _text(x, y + 15, seconds(heads[tier]), "mono"))
            x += 9 * len(seconds(heads[tier])) + 14
            for words, style in self.notes(tier):
                parts.append(_text(x, y + 15, words, style))
                x += 8.2 * len(words) + 16
            y += 28
        if answer not in TIERS:
            parts.append(_text(120, y + 15, f"→ {answer}", "is"))
            y += 26
        return _frame(parts, y + 6)

    def _flood_svg(self):
        parts, step = [_text(12, 20, FLOOD, "soft")], 5
        for row, tier in enumerate(TIERS):
            y = 34 + 26 * row
            marks = "".join(f'<rect class="bar" x="{120 + step * at}" y="{y}" width="{step}" height="18"/>'
                            for at, choice in enumerate(self.picked) if choice == tier)  # fmt: skip
            line = f'<line class="tick" x1="120" x2="{120 + step * len(self.picked)}" y1="{y + 9}" y2="{y + 9}"/>'
            glyph = f'<path class="mark" transform="translate(22 {y + 10})" d="{TIER_SHAPES[tier]}"/>'
            style = "is" if tier not in self.picked else "soft"
            parts.append(f'<g class="{tier}">{line}{marks}{glyph}</g>' + _text(38, y + 14, tier)
                         + _text(132 + step * len(self.picked), y + 14, self._said(tier), style))  # fmt: skip
        for at in range(0, len(self.picked) + 1, 30):
            parts.append(_text(120 + step * at - (0 if at == 0 else 8), 124, f"{at} s", "head"))
        return _frame(parts, 132)


FLOOD = "A flood: each second one high and one normal job come, every 10 s a low one; one a second is run."


def picture(told) -> PickPicture | None:
    """Of what the judge learned."""
    example = diagnose(told)[1]
    return PickPicture(example, told["flood"]) if example or told["flood"] else None


def seconds(age: float) -> str:
    return f"{age:,.10g} s"


def _text(x, y, words, style="") -> str:
    return f'<text class="{style}" x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'


def _frame(parts, height) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="{height:.0f}" role="img" '
        f'aria-label="what the policy picks">{"".join(parts)}</svg>'
    )
