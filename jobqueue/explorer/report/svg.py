"""A schedule as a picture: a lane per program and one for Redis, time downward, and below each step Redis's content.

It fits into half of a laptop's screen, because a lesson's live picture takes the other half.
"""

from importlib.resources import files

from jobqueue.explorer.engine.replay import Schedule
from jobqueue.explorer.report.image import as_image
from jobqueue.explorer.report.picture import ScheduleRow, rows, wrap
from jobqueue.explorer.report.shelf import Chip
from jobqueue.printable import escape_html as escape

STYLE = f"<style>{files(__package__).joinpath('svg.css').read_text(encoding='utf-8')}</style>"

WIDE = 590  # pixels of the whole picture, if the lanes leave 36 characters
LINE = 19  # pixels from one line of text to the next
GAP = 14  # between rows
CHAR = 7.85  # width of a character of the monospaced 13 px font, rounded up


def draw(schedule: Schedule) -> str:
    """The whole picture as HTML: one SVG and its style. It needs nothing else, and follows JupyterLab's theme."""
    return f'{STYLE}<div class="jqx">{_Drawing(schedule).svg()}</div>'


def image(schedule: Schedule) -> str:
    """The same as an image, which a stored notebook can keep."""
    sentences = [" ".join(line for line, _ in _lines(row)) for row in rows(schedule)]
    return as_image(_Drawing(schedule).svg(STYLE), "Step by step: " + "; ".join(filter(None, sentences)))


class _Drawing:
    """A drawing in the making: columns first, then the rows from top to bottom."""

    def __init__(self, schedule: Schedule):
        self.rows = rows(schedule)
        self.lanes = schedule.lanes
        widths = [max(58, 9 * len(lane) + 14) for lane in self.lanes]
        self.x = [30 + sum(widths[:at]) + width / 2 for at, width in enumerate(widths)]
        self.redis = 30 + sum(widths) + 26
        self.words = self.redis + 22
        self.room = max(36, int((WIDE - self.words) / CHAR))  # characters in a line
        self.right = max(float(WIDE), self.words + self.room * CHAR)
        self.parts: list[str] = []

    def svg(self, style: str = "") -> str:
        y = 52.0
        ends: dict[int, float] = {}  # lane -> where its line stops
        heights: list[float] = []
        for row in self.rows:
            if row.kind == "finding":
                continue
            height = (len(self._sentences(row)) + len(self._state(row))) * LINE + GAP
            self._row(row, y, height)
            for at in row.over:
                ends.setdefault(at, y + height / 2 if row.lane != at else y + LINE / 2)
            heights.append(height)
            y += height
        finish = heights[-1] if self.rows and any(row.kind == "finish" for row in self.rows) else 0
        lives = self._lives(ends, y - finish, y)
        for row in self.rows:
            if row.kind == "finding":
                y = self._finding(row, y)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="jqx" width="{self.right:.0f}" height="{y + 8:.0f}" '
            f'role="img" aria-label="sequence diagram">{style}<rect class="paper" width="100%" height="100%"/>{lives}'
            f"{''.join(self.parts)}</svg>"
        )

    def _lives(self, ends: dict[int, float], bottom: float, redis_bottom: float) -> str:
        """Names and lifelines, drawn first so that everything else lies on them."""
        parts = [f'<text class="name" x="{self.redis}" y="24">Redis</text>']
        parts.append(f'<line class="life" x1="{self.redis}" y1="34" x2="{self.redis}" y2="{redis_bottom}"/>')
        parts.append(f'<text class="head" x="{self.words + 26}" y="24">below: stream, and PEL: consumer · idle</text>')
        for at, (lane, x) in enumerate(zip(self.lanes, self.x, strict=True)):
            parts.append(f'<text class="name lane-name l{at % 6}" x="{x}" y="24">{escape(lane)}</text>')
            parts.append(f'<line class="life" x1="{x}" y1="34" x2="{x}" y2="{ends.get(at, bottom)}"/>')
        return "".join(parts)

    def _row(self, row: ScheduleRow, y: float, height: float) -> None:
        middle = y + LINE / 2
        if row.kind in ("time", "finish"):
            self.parts.append(
                f'<rect class="band" x="30" y="{y - GAP / 2 + 2}" rx="4" width="{WIDE - 36}" height="{height - 4}"/>'
            )
        if row.number:
            self.parts.append(f'<text class="number" x="26" y="{y + 14}">{row.number}</text>')
        if row.kind == "crash" and row.lane is not None:
            self._cross(self.x[row.lane], middle)
        elif row.lane is not None:
            self._arrow(row, row.lane, middle)
        sentences = self._sentences(row)
        for at, (line, style) in enumerate(sentences):
            lane = "" if row.lane is None else f" l{row.lane % 6}"
            self._text(self.words, y + 14 + at * LINE, line, style + lane)
        self._content(row, y + len(sentences) * LINE)

    def _arrow(self, row: ScheduleRow, at: int, y: float) -> None:
        x, redis, lane = self.x[at], self.redis, f"l{at % 6}"
        lost = row.mark == "lose_reply"
        shifts = (-3, 3) if row.mark == "send_again" else (0,)
        for shift in shifts:
            self.parts.append(
                f'<g class="{lane}"><line class="arrow" x1="{x}" y1="{y + shift}" x2="{redis - 9}" y2="{y + shift}"/>'
                f'<path class="tip" d="M{redis - 2} {y + shift} l-10 -5 v10 z"/></g>'
            )
        hollow = " hollow" if row.parked else ""
        self.parts.append(f'<circle class="dot {lane}{hollow}" cx="{x}" cy="{y}" r="5.5"/>')
        if lost:  # the way back, which ends in nothing
            back = (x + redis) / 2
            self.parts.append(
                f'<line class="cross" stroke-dasharray="3 5" x1="{redis}" y1="{y + 12}" x2="{back + 8}" y2="{y + 12}"/>'
            )
            self._cross(back, y + 12, 5)
        if row.mark == "refuse_memory":
            self._cross(redis, y, 6)
        for reader, end in ((at, self.x[at]) for at in row.woken):
            self.parts.append(
                f'<g class="l{reader % 6}"><line class="arrow" stroke-dasharray="5 4" x1="{redis}" y1="{y + 13}" '
                f'x2="{end + 8}" y2="{y + 13}"/><path class="tip" d="M{end} {y + 13} l10 -5 v10 z"/></g>'
            )

    def _cross(self, x: float, y: float, size: float = 8) -> None:
        self.parts.append(
            f'<path class="cross" d="M{x - size} {y - size} l{2 * size} {2 * size} m0 {-2 * size} '
            f'l{-2 * size} {2 * size}"/>'
        )

    def _sentences(self, row: ScheduleRow) -> list[tuple[str, str]]:
        """The commands and replies in lines that fit."""
        return [(part, style) for line, style in _lines(row) for part in wrap(line, self.room)]

    def _state(self, row: ScheduleRow) -> list[list[tuple[str, str]]]:
        """Redis's content in lines that fit, if this step changed it."""
        room = self.room * CHAR
        return [part for line in _state(row, self.room) for part in _folded(line, room)] if row.changed else []

    def _content(self, row: ScheduleRow, y: float) -> None:
        for at, items in enumerate(self._state(row)):
            x: float = self.words
            for words, style in items:
                if style.startswith("chip"):
                    self.parts.append(
                        f'<rect class="{style}" x="{x}" y="{y + at * LINE}" rx="4" '
                        f'width="{len(words) * CHAR + 10:.1f}" height="{LINE - 2}"/>'
                    )
                self._text(x + 5 * bool(style), y + at * LINE + 13, words, "mono" if style else "mono soft")
                x += _width(words, style)
                self.right = max(self.right, x)  # one long name may need more room

    def _finding(self, row: ScheduleRow, y: float) -> float:
        lines = wrap(f"⚠ {row.title}: {row.detail}", 64)
        high = len(lines) * LINE + 8
        self.parts.append(f'<rect class="wash" x="30" y="{y}" rx="4" width="{WIDE - 36}" height="{high}"/>')
        for at, line in enumerate(lines):
            self._text(40, y + 18 + at * LINE, line, "bad")
        return y + high + 6

    def _text(self, x: float, y: float, words: str, style: str) -> None:
        self.parts.append(f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>')


def _lines(row: ScheduleRow) -> list[tuple[str, str]]:
    """The commands and replies, line by line, each with its style."""
    if row.kind == "time":
        return [("⏳ " + row.title, "bad" if "could act" in row.detail else "soft"), (row.detail, "soft")]
    style = {"start": "soft", "crash": "bad", "finish": "soft"}.get(row.kind, "mono")
    lines = [("✓ " * (row.kind == "finish") + line, style) for line in wrap(row.title)]
    if row.detail:
        detail = "→ " + row.detail if row.kind == "step" else row.detail
        lines += [(line, "bad" if row.mark else "mono soft") for line in wrap(detail)]
    return lines + [(f"★ {effect}", "star") for effect in row.effects]


def _state(row: ScheduleRow, room: int) -> list[list[tuple[str, str]]]:
    """Redis's content, line by line: a stream's entries, then its PEL."""
    lines = []
    for name, shelf in row.streams.items():
        lines.append([(name, ""), *(map(_chip, shelf.entries) if shelf.entries else [("empty", "")])])
        if shelf.pel:
            lines.append([("PEL".rjust(len(name)), ""), *map(_chip, shelf.pel)])
    return lines + [[(line, "")] for key in row.other for line in wrap(key, room)]


def _chip(chip: Chip) -> tuple[str, str]:
    return chip.label, "chip" + " pending" * chip.pending + " gone" * chip.gone


def _folded(line: list[tuple[str, str]], room: float) -> list[list[tuple[str, str]]]:
    """A line of Redis's content as several, none wider than `room`. All but the first are indented."""
    lines, x = [line[:1]], _width(*line[0])
    indent = (" " * len(line[0][0]), "")
    for item in line[1:]:
        if x + _width(*item) > room and len(lines[-1]) > 1:
            lines.append([indent])
            x = _width(*indent)
        lines[-1].append(item)
        x += _width(*item)
    return lines


def _width(words: str, style: str) -> float:
    return len(words) * CHAR + (16 if style else 8)
