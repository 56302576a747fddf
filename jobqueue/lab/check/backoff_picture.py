"""A picture of a backoff: the waits it gave, one row an attempt."""

from dataclasses import dataclass
from functools import cached_property
from html import escape

from jobqueue.lab.check.backoff_names import name
from jobqueue.lab.check.verdict import Idea
from jobqueue.lab.explorer import svg

ROWS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
BINS = 60
WIDE = 600  # pixels
SHADES = " ·:▪█"

STYLE = """<style>
.jqx-backoff { padding: 2px 14px 10px; border-left: 4px solid var(--rule); }
.jqx-backoff.good { border-left-color: #009e73; color: var(--ink); }
.jqx-backoff.wrong { border-left-color: var(--trouble); color: var(--ink); }
.jqx-backoff .bin { fill: color-mix(in srgb, #0072b2 84%, var(--ink)); } .jqx-backoff .over { fill: var(--trouble); }
.jqx-backoff .base { stroke: var(--rule); } .jqx-backoff .cap { stroke: var(--soft); stroke-dasharray: 4 4; }
</style>"""


@dataclass(frozen=True)
class BackoffPicture:
    """waits: {attempt: [seconds, …]}."""

    waits: dict[int, list[float]]
    good: bool = True

    @cached_property
    def scale(self) -> float:
        """Seconds at the right edge: 60, or as much as is needed, up to ten minutes."""
        longest = max(max(some) for some in self.waits.values())
        return 60.0 if longest <= 61 else min(longest * 1.02, 600.0)

    def bins(self, some: list[float]) -> list[float]:
        """How many of the waits fall in each piece of the axis, as a share of the fullest."""
        counts = [0] * BINS
        for wait in some:
            if wait <= self.scale * 1.02:
                counts[min(BINS - 1, int(wait / self.scale * BINS))] += 1
        most = max(counts) or 1
        return [count / most for count in counts]

    def __str__(self):
        lines = [f"  {TITLE.format(len(next(iter(self.waits.values()))))}"]
        for attempt, some in self.waits.items():
            row = "".join(SHADES[-(-int(share * 100) * 4 // 100)] if share else " " for share in self.bins(some))
            lines.append(f"  {attempt:>3} │{row}│ {span(some)}")
        return "\n".join([*lines, f"      0 s{' ' * (BINS - 6)}{self.scale:>.0f} s"])

    def html(self) -> str:
        parts = [_text(12, 20, TITLE.format(len(next(iter(self.waits.values())))), "soft")]
        y, left, high = 34, 104, 22
        bottom = y + 30 * len(self.waits)
        if self.scale > 60:
            x = left + WIDE * 60 / self.scale
            parts.append(f'<line class="cap" x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{bottom}"/>')
            parts.append(_text(x - 12, bottom + 14, "60 s", "head"))
        for attempt, some in self.waits.items():
            parts.append(_text(12, y + 18, f"attempt {attempt}"))
            parts.append(f'<line class="base" x1="{left}" x2="{left + WIDE}" y1="{y + high}" y2="{y + high}"/>')
            for at, share in enumerate(self.bins(some)):
                if share:
                    tall, over = max(2, high * share), (at + 0.5) * self.scale / BINS > 60
                    place = f'x="{left + at * WIDE / BINS + 0.5:.1f}" y="{y + high - tall:.1f}"'
                    size = f'width="{WIDE / BINS - 1:.1f}" height="{tall:.1f}"'
                    parts.append(f'<rect class="{"over" if over else "bin"}" {place} {size}/>')
            parts.append(_text(left + WIDE + 14, y + 18, span(some), "mono soft"))
            y += 30
        parts.append(_text(left - 4, bottom + 14, "0 s", "head"))
        parts.append(_text(left + WIDE - 14, bottom + 14, f"{self.scale:.0f} s", "head"))
        drawing = (f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{bottom + 24}" role="img" '
                   f'aria-label="waits by attempt">{"".join(parts)}</svg>')  # fmt: skip
        return f'{svg.STYLE}{STYLE}<div class="jqx jqx-backoff {"good" if self.good else "wrong"}">{drawing}</div>'


TITLE = (
    "What it answered: {} waits for each attempt; the taller, the more of them. At the right, the shortest and longest."
)


def picture(told) -> BackoffPicture | None:
    """Of what the judge was told."""
    waits = {int(attempt): some for attempt, some in told["waits"].items() if int(attempt) in ROWS}
    return BackoffPicture(waits, not isinstance(name(told), Idea)) if waits else None


def span(some: list[float]) -> str:
    low, high = min(some), max(some)
    return f"{_short(low)} – {_short(high)} s" if high > low else f"always {_short(low)} s"


def _short(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.3g}" if seconds >= 1 else f"{seconds:.2f}"


def _text(x, y, words, style="") -> str:
    return f'<text class="{style}" x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'
