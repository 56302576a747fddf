"""A NameError in a lesson, in one line that names the cell to run: one was left out, or the kernel was restarted.

`open_world` asks for it. A kernel of `jobqueue lab` asks when it starts (startup.py), because after a restart no cell
has run yet.
"""

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from jobqueue.printable import render_in_notebook

#: Letters of a line that are quoted, so that the whole is one line.
LONGEST = 60


def explain_missing_names() -> None:
    """From now on, have this notebook's NameErrors name the cell that defines the name. Elsewhere it does nothing."""
    try:
        from IPython import get_ipython
    except ModuleNotFoundError:  # the demo runs without it
        return
    if shell := get_ipython():
        shell.set_custom_exc((NameError,), _show)


def _show(shell: Any, kind: type, error: NameError, tb: TracebackType, tb_offset: int | None = None) -> None:
    if line := _where_defined(error.name, shell.user_ns):
        *lines, _ = render_in_notebook(error)
        again = "Run that one first. If the kernel has restarted, choose Run › Run All Above Selected Cell."
        advice = f"NameError: {error.name} comes from the cell with `{line}`. {again}"
        error._render_traceback_ = lambda: [*lines, advice]  # type: ignore[attr-defined]
    shell.showtraceback((kind, error, tb), tb_offset=tb_offset)


def _where_defined(name: str | None, known: dict[str, Any]) -> str:
    """The line of this notebook that defines the name; "" if it's known already, or if none does."""
    path = known.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME", "")
    if not name or name in known or not path.endswith(".ipynb"):
        return ""
    try:
        cells = json.loads(Path(Path(path).name).read_text(encoding="utf-8"))["cells"]  # a kernel runs in its folder
    except (OSError, ValueError, KeyError):
        return ""
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return next((line for source in sources for line in _lines_that_bind(name, source)), "")


def _lines_that_bind(name: str, source: str) -> Iterator[str]:
    try:
        code = compile(source, "a cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):  # the learner is at work on it
        return
    for statement in code.body:
        if name in names_bound(statement):
            line = source.splitlines()[statement.lineno - 1].partition("  #")[0].strip()
            yield line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def names_bound(statement: ast.stmt) -> set[str]:
    """The names that a statement at a cell's top level defines. Those inside of a function aren't the cell's."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {node.id for node in names}
