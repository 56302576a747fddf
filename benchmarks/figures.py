"""What benchmarks measure: named figures with their range, and a table of them."""

import statistics
import sys
from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, frozen=True):
    """A median, and the range of what it's the median of."""

    value: float
    low: float
    high: float


def spread(values: Iterable[float]) -> Figure:
    values = list(values)
    return Figure(statistics.median(values), min(values), max(values))


class Row(msgspec.Struct):
    """One line of a table: a figure, the goal it should reach, and our own speed in absolute terms if there's one."""

    name: str
    figure: Figure
    goal: str = ""
    detail: str = ""
    ours: Figure | None = None


def show_rows(rows: list[Row]) -> None:
    table = Table("", "measured", "range", "to reach", "")
    for row in rows:
        figure = row.figure
        between = f"{figure.low:.2f} – {figure.high:.2f}" if figure.low != figure.high else ""
        table.add_row(row.name, f"{figure.value:.2f}", between, row.goal, row.detail)
    Console(width=None if sys.stdout.isatty() else 140).print(table)  # in a file, nothing is wrapped
