"""A schedule as plain text, for a terminal."""

import itertools

from jobqueue.explorer.engine.replay import Schedule
from jobqueue.explorer.report.picture import WIDTH, ScheduleRow, rows, wrap


def draw(schedule: Schedule) -> str:
    """Lanes on the left, time downward, an arrow to Redis for each step, and Redis's content next to it.

    ●──▶ a step · ✗ a crash · ●──✗ its reply is lost · ●══▶ sent twice · ○──▶ it blocks · │ alive · ★ an effect
    """
    wide = [max(len(lane), 5) + 2 for lane in schedule.lanes]
    head = "    " + "".join(lane.center(width) for lane, width in zip(schedule.lanes, wide, strict=True)) + " Redis"
    lines = [head]
    for row in rows(schedule):
        if row.kind == "finding":
            lines += [f"    {line}" for line in wrap(f"⚠ {row.title}: {row.detail}", 100)]
            continue
        number = f"{row.number:>2}  " if row.kind in ("step", "crash", "time") else "    "
        left = number + _lanes(row, wide) + "   "
        state = _state(row) if row.changed else ["〃"]
        alone = _lanes(row, wide, step=False, indent=4) + "   "
        pairs = itertools.zip_longest(_title(row), state, fillvalue="")
        for at, (words, content) in enumerate(pairs):
            lines.append(f"{alone if at else left}{words:<{WIDTH}}  {content}")
    return "\n".join(line.rstrip() for line in lines)


def _lanes(row: ScheduleRow, wide: list[int], *, step: bool = True, indent: int = 0) -> str:
    cells = []
    for at, width in enumerate(wide):
        alive = " " if at in row.over else "│"
        cells.append(alive.center(width))
    line = list("".join(cells) + "  │  ")
    if step and row.lane is not None:
        start = sum(wide[: row.lane]) + (wide[row.lane] - 1) // 2
        end = len(line) - 3
        if row.kind == "crash":
            line[start] = "✗"
        elif row.title:
            stroke = "═" if row.mark == "send_again" else "─"
            line[start:end] = ["○" if row.parked else "●", *stroke * (end - start - 1)]
            line[end] = "✗" if row.mark in ("lose_reply", "refuse_memory") else "▶"
    if step and row.kind == "time":
        line = list("┄" * (len(line) - 3) + "┄  ")
    return " " * indent + "".join(line)


def _title(row: ScheduleRow) -> list[str]:
    lines = wrap(row.title)
    if row.detail:
        lines += wrap(("→ " if row.kind == "step" else "") + row.detail)
    return lines + [f"★ {effect}" for effect in row.effects]


def _state(row: ScheduleRow) -> list[str]:
    lines = []
    for name, shelf in row.streams.items():
        lines.append(f"{name}: " + (", ".join(chip.label for chip in shelf.entries) or "empty"))
        if shelf.pel:
            lines.append("  PEL: " + ", ".join(chip.label for chip in shelf.pel))
    return lines + list(row.other)
