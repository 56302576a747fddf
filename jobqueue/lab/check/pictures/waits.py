"""A picture of a backoff: the waits it gave, one row per attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from jobqueue.lab.check.pictures.draw import frame, page, paragraph, write

BINS = 60
WIDE = 350  # pixels
LEFT, HIGH = 104, 22  # pixels: the axis begins here, and a row is this high
SHADES = " ·:▪█"


@dataclass(frozen=True)
class BackoffPicture:
    """waits: {attempt: [seconds, …]}."""

    waits: dict[int, list[float]]
    good: bool = True

    @cached_property
    def title(self) -> str:
        waits = len(next(iter(self.waits.values())))
        return (
            f"Your function's answers: {waits} waits for each attempt. A taller bar means more of them. "
            "At the right, the shortest and the longest."
        )

    @cached_property
    def scale(self) -> float:
        """Seconds at the right edge: 60, or as much as is needed, up to ten minutes."""
        longest = max(max(some) for some in self.waits.values())
        return 60.0 if longest <= 61 else min(longest * 1.02, 600.0)

    def bins(self, some: Sequence[float]) -> list[float]:
        """How many of the waits fall in each piece of the axis, as a share of the fullest."""
        counts = [0] * BINS
        for wait in some:
            if wait <= self.scale * 1.02:
                counts[min(BINS - 1, int(wait / self.scale * BINS))] += 1
        most = max(counts) or 1
        return [count / most for count in counts]

    def __str__(self) -> str:
        lines = [f"  {self.title}"]
        for attempt, some in self.waits.items():
            row = "".join(SHADES[-(-int(share * 100) * 4 // 100)] if share else " " for share in self.bins(some))
            lines.append(f"  {attempt:>3} │{row}│ {span(some)}")
        return "\n".join([*lines, f"      0 s{' ' * (BINS - 6)}{self.scale:>.0f} s"])

    def html(self) -> str:
        parts, top = paragraph(self.title)
        bottom = top + 30 * len(self.waits)
        if self.scale > 60:
            x = LEFT + WIDE * 60 / self.scale
            parts.append(f'<line class="cap" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
            parts.append(write(x - 12, bottom + 14, "60 s", "head"))
        for at, (attempt, some) in enumerate(self.waits.items()):
            parts += self._row(top + 30 * at, attempt, some)
        parts.append(write(LEFT - 4, bottom + 14, "0 s", "head"))
        parts.append(write(LEFT + WIDE - 14, bottom + 14, f"{self.scale:.0f} s", "head"))
        return page(frame(parts, bottom + 24, str(self)), good=self.good)

    def _row(self, y: int, attempt: int, some: Sequence[float]) -> list[str]:
        base = y + HIGH
        parts = [write(12, y + 18, f"attempt {attempt}"), write(LEFT + WIDE + 14, y + 18, span(some), "mono soft")]
        parts.append(f'<line class="tick" x1="{LEFT}" x2="{LEFT + WIDE}" y1="{base}" y2="{base}"/>')
        for at, share in enumerate(self.bins(some)):
            if share:
                tall, over = max(2, HIGH * share), (at + 0.5) * self.scale / BINS > 60
                place = f'x="{LEFT + at * WIDE / BINS + 0.5:.1f}" y="{base - tall:.1f}"'
                size = f'width="{WIDE / BINS - 1:.1f}" height="{tall:.1f}"'
                parts.append(f'<rect class="{"over" if over else "bin"}" {place} {size}/>')
        return parts


def span(some: Sequence[float]) -> str:
    """The shortest and the longest of the waits."""
    low, high = min(some), max(some)
    return f"{_round(low)} – {_round(high)} s" if high > low else f"always {_round(low)} s"


def _round(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.3g}" if seconds >= 1 else f"{seconds:.2f}"
