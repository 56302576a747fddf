"""The matrix of chaos.py as a table: what became of the jobs, by protection that's off and by fault."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jobqueue.lab.experiments.unprotected import PROTECTIONS

if TYPE_CHECKING:
    import pandas

#: The columns, and the row in which nothing is off.
FAULTS = ("kill -9", "freeze", "long job", "job fails once", "deploy", "Redis restarts")
ALL_ON = "all on"

#: A cell that isn't known yet.
UNKNOWN = "…"


def worst(*, gone: int, stuck: int, dead: int, settled_twice: int, run_twice: int) -> str:
    """The worst that happened to the jobs of one cell, in a word or two.

    A job that's gone is in no place. One that's stuck is still in Redis, but no worker comes for it.
    """
    if gone or stuck:
        return "gone" if gone else "stuck"
    if dead:
        return "dead"
    if settled_twice:
        return "settled twice"
    return "run twice" if run_twice else "fine"


class MatrixTable:
    """The cells as they come in. A notebook shows them in one output that changes; elsewhere nothing is shown."""

    def __init__(self, rows: Iterable[str]):
        self.columns = {fault: dict.fromkeys(rows, UNKNOWN) for fault in FAULTS}
        self._output: Any = None

    def fill(self, fault: str, cells: dict[str, str]) -> None:
        """Fill in some cells of a column, by row."""
        self.columns[fault] |= cells
        self.show()

    def frame(self) -> "pandas.DataFrame":
        import pandas

        return pandas.DataFrame(self.columns)

    def show(self) -> None:
        """Show what is known now."""
        from IPython import get_ipython
        from IPython.display import display

        if not get_ipython():
            return
        table = self.frame()
        data = {"text/plain": table.to_string(), "text/html": _html(table)}
        if self._output:
            self._output.update(data, raw=True)
        else:
            self._output = display(data, raw=True, display_id=True)


def _html(table: "pandas.DataFrame") -> str:
    """The table, with cells in bold that differ from the row of all protections, and each row's failure id."""
    rows = []
    for off in map(str, table.index):
        other = [cell not in (UNKNOWN, table[fault][ALL_ON]) for fault, cell in table.loc[off].items()]
        cells = [
            f"<td>{'<b>⚑ ' * new}{cell}{'</b>' * new}</td>" for new, cell in zip(other, table.loc[off], strict=True)
        ]
        rows.append(f"<tr><th>{off}</th>{''.join(cells)}<td>{PROTECTIONS[off]}</td></tr>")
    head = "".join(f"<th>{name}</th>" for name in ["", *table, "failure"])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
