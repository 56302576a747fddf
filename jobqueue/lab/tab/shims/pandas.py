"""A table, as far as the lessons in the tab use pandas. It refuses all else, as if there were no pandas here."""

import math
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from jobqueue.printable import escape_html

#: The kinds that a column of a recording may have.
KINDS = {"float64": float, "int64": int, "bool": bool}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise ModuleNotFoundError(f"no pandas.{name} here", name="pandas")


class _Refusing:
    def __getattr__(self, name: str) -> Any:
        return __getattr__(name)

    def _refuse(self, *_: Any) -> Any:
        return __getattr__("operators")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse  # or a comparison of columns would be False
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __rtruediv__ = _refuse


class Series(_Refusing):
    """A column: a value for each label."""

    def __init__(self, values: dict[Any, Any]):
        self._values = values

    def __repr__(self) -> str:
        return "\n".join(f"{label}  {value}" for label, value in self._values.items())

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.values())

    def __truediv__(self, other: Any) -> "Series":
        if not isinstance(other, Series):
            other = Series(dict.fromkeys(self._values, other))
        if self.index != other.index:
            __getattr__("Series.align")
        return Series({label: value / other._values[label] for label, value in self._values.items()})

    @property
    def index(self) -> list[Any]:
        return list(self._values)

    def to_dict(self) -> dict[Any, Any]:
        return self._values

    def tolist(self) -> list[Any]:
        return list(self)

    def round(self, digits: int = 0) -> "Series":
        return Series({label: round(value, digits) for label, value in self._values.items()})

    def astype(self, kind: Any) -> "Series":
        return Series({label: _cast(value, kind) for label, value in self._values.items()})

    def reindex(self, labels: Iterable[Any]) -> "Series":
        return Series({label: self._values.get(label, math.nan) for label in labels})

    def sort_values(self) -> "Series":
        return Series(dict(sorted(self._values.items(), key=lambda item: (_is_missing(item[1]), item[1]))))

    def quantile(self, part: float) -> float:
        values = sorted(value for value in self if not _is_missing(value))
        if not values:
            return math.nan
        place = part * (len(values) - 1)
        low, high = values[math.floor(place)], values[math.ceil(place)]
        return low + (high - low) * (place - math.floor(place))


class DataFrame(_Refusing):
    """A table: a dict by column for each row's label."""

    def __init__(self, data: Any, columns: list[str] | None = None, **options: Any):
        if options:
            __getattr__("DataFrame")
        if columns is not None:
            rows = dict(enumerate(dict(zip(columns, row, strict=True)) for row in data))
        elif isinstance(data, dict):
            rows = _turned({name: dict(_items(column)) for name, column in data.items()})
            columns = list(data)
        else:
            rows = dict(enumerate(data))
        self._fill(rows, columns)

    @classmethod
    def from_dict(cls, rows: dict[Any, dict[str, Any]], orient: str) -> "DataFrame":
        return cls._of(rows) if orient == "index" else __getattr__("DataFrame.from_dict")

    @classmethod
    def _of(cls, rows: dict[Any, dict[str, Any]], columns: list[str] | None = None) -> "DataFrame":
        table = cls.__new__(cls)
        table._fill(rows, columns)
        return table

    def _fill(self, rows: dict[Any, dict[str, Any]], columns: list[str] | None) -> None:
        """Take the rows. A cell that's missing becomes NaN, and then its column's numbers become floats."""
        self._columns = columns or list(dict.fromkeys(name for cells in rows.values() for name in cells))
        whole = {label: {name: cells.get(name, math.nan) for name in self._columns} for label, cells in rows.items()}
        for name in self._columns:
            kinds = {type(cells[name]) for cells in whole.values()}
            if kinds == {int, float}:
                for cells in whole.values():
                    cells[name] = float(cells[name])
        self._rows = whole

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, names: Any) -> Any:
        if isinstance(names, list):
            return self._of(self._rows, names)
        return Series({label: cells[names] for label, cells in self._rows.items()})

    def __getattr__(self, name: str) -> Any:
        return self[name] if not name.startswith("_") and name in self._columns else __getattr__(name)

    @property
    def T(self) -> "DataFrame":
        return self._of(_turned(self._rows), list(self._rows))

    def assign(self, **columns: Series) -> "DataFrame":
        more = _turned({name: dict(_items(column)) for name, column in columns.items()})
        return self._of({label: cells | more[label] for label, cells in self._rows.items()}, [*self._columns, *columns])

    def astype(self, kinds: dict[str, str]) -> "DataFrame":
        rows = {
            label: {name: _cast(value, kinds.get(name, "object")) for name, value in cells.items()}
            for label, cells in self._rows.items()
        }
        return self._of(rows, self._columns)

    def round(self, digits: int) -> "DataFrame":
        rows = {
            label: {name: round(value, digits) if isinstance(value, float) else value for name, value in cells.items()}
            for label, cells in self._rows.items()
        }
        return self._of(rows, self._columns)

    def query(self, condition: str) -> "DataFrame":
        """The rows for which it's true. It may use the columns, and variables of the caller: `@name`."""
        caller = sys._getframe(1)
        variables = {f"_at_{name}": value for name, value in (caller.f_globals | caller.f_locals).items()}
        is_true = compile(re.sub(r"@(\w+)", r"_at_\1", condition), "<query>", "eval")
        rows = {label: cells for label, cells in self._rows.items() if eval(is_true, variables, cells)}
        return self._of(rows, self._columns)

    def groupby(self, name: str) -> "_Groups":
        return _Groups(self, name)

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
        columns = [_written([cells[name] for cells in self._rows.values()]) for name in self._columns]
        rows = [[str(label), *cells] for label, *cells in zip(self._rows, *columns, strict=True)]
        return [["", *self._columns], *rows]


class _Groups(_Refusing):
    """The rows of a table in groups, by their values in one column; then one column of them."""

    def __init__(self, table: DataFrame, by: str, column: str = ""):
        self._table, self._by, self._column = table, by, column

    def __getitem__(self, column: str) -> "_Groups":
        return _Groups(self._table, self._by, column)

    def quantile(self, part: float) -> Series:
        groups: dict[Any, dict[Any, Any]] = {}
        for label, cells in self._table._rows.items():
            groups.setdefault(cells[self._by], {})[label] = cells[self._column]
        return Series({value: Series(groups[value]).quantile(part) for value in sorted(groups)})


def _items(column: Any) -> Iterable[tuple[Any, Any]]:
    """The labels and values of a column: a Series, a dict, or a list."""
    if isinstance(column, Series):
        column = column._values
    return column.items() if isinstance(column, dict) else enumerate(column)


def _turned(table: dict[Any, dict[Any, Any]]) -> dict[Any, dict[Any, Any]]:
    """The same table with its columns as rows."""
    turned: dict[Any, dict[Any, Any]] = {}
    for row, cells in table.items():
        for column, value in cells.items():
            turned.setdefault(column, {})[row] = value
    return turned


def _cast(value: Any, kind: Any) -> Any:
    if kind in ("float64", float) and value is None:
        return math.nan
    return value if kind == "object" else KINDS.get(kind, kind)(value)


def _is_missing(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _written(values: list[Any]) -> list[str]:
    """A column as text. Floats have as many digits as the longest of them, and six at most."""
    if not all(isinstance(value, float) for value in values):
        return [str(value) for value in values]
    parts = [f"{value:.6f}".rstrip("0").partition(".")[2] for value in values if math.isfinite(value)]
    digits = max(1, *map(len, parts), 1)
    return ["NaN" if math.isnan(value) else f"{value:.{digits}f}" for value in values]
