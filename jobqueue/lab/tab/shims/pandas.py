"""A table, as far as the lessons in the tab use pandas. It refuses all else, as if there were no pandas here."""

from typing import Any

from jobqueue.printable import escape_html


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise ModuleNotFoundError(f"no pandas.{name} here", name="pandas")


class _Refusing:
    def __getattr__(self, name: str) -> Any:
        return __getattr__(name)


class Series(_Refusing):
    """A column: a value for each row."""

    def __init__(self, values: dict[Any, Any]):
        self._values = values

    def to_dict(self) -> dict[Any, Any]:
        return self._values

    def round(self, digits: int = 0) -> "Series":
        return Series({row: round(value, digits) for row, value in self._values.items()})

    def astype(self, kind: type) -> "Series":
        return Series({row: kind(value) for row, value in self._values.items()})


class DataFrame(_Refusing):
    """A table: a dict by column for each row."""

    def __init__(self, rows: Any, **options: Any):
        if options:
            __getattr__("DataFrame")
        self._rows: dict[Any, dict[str, Any]] = rows if isinstance(rows, dict) else dict(enumerate(rows))

    @classmethod
    def from_dict(cls, rows: dict[Any, dict[str, Any]], orient: str) -> "DataFrame":
        return cls(rows)

    def __getitem__(self, names: Any) -> Any:
        if isinstance(names, list):
            return DataFrame({row: {name: cells[name] for name in names} for row, cells in self._rows.items()})
        return Series({row: cells[names] for row, cells in self._rows.items()})

    def to_string(self) -> str:
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        cells = [[cell.rjust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
        return "\n".join("  ".join([line[0].strip().ljust(widths[0]), *line[1:]]) for line in cells)

    __repr__ = to_string

    def _repr_html_(self) -> str:
        lines = ("".join(f"<td>{escape_html(cell)}</td>" for cell in line) for line in self._lines())
        return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"

    def _lines(self) -> list[list[str]]:
        columns = list(dict.fromkeys(name for cells in self._rows.values() for name in cells))
        rows = [[str(row), *(str(cells.get(name, "")) for name in columns)] for row, cells in self._rows.items()]
        return [["", *columns], *rows]
