"""The statements of a notebook, or of a file, that give names their values, and the names that a statement uses."""

import ast
import linecache
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Statement:
    """A statement at the top level of a cell or a file: its text, and the names that it binds."""

    node: ast.stmt
    text: str
    names: tuple[str, ...]

    @property
    def literal(self) -> ast.expr | None:
        """The value, if it's given to one name alone; perhaps no literal."""
        return self.node.value if isinstance(self.node, ast.Assign | ast.AnnAssign) and len(self.names) == 1 else None


def statements(values: dict[str, Any], file: str) -> dict[str, Statement]:
    """The newest statement for each name. `values` are the globals of a notebook or of the module in `file`.

    A notebook's cells are in IPython's `In`, as Python without magics.
    """
    cells = values.get("In")
    sources = list(map(str, cells)) if isinstance(cells, list) else ["".join(linecache.getlines(file))]
    return {name: statement for source in sources for statement in parse(source) for name in statement.names}


def parse(source: str) -> Iterator[Statement]:
    """The statements of `source` that bind names, in order; none if it isn't Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    lines = source.splitlines()
    for node in tree.body:
        if names := tuple(_bound(node)):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
            yield Statement(node, "\n".join(lines[first - 1 : node.end_lineno]), names)


def free(source: str) -> list[str]:
    """The names that `source` uses from outside, each once. Raises SyntaxError."""
    tables, names = [symtable.symtable(source, "<my_queue>", "exec")], dict[str, None]()
    for table in tables:  # which grows meanwhile
        outer = table.get_type() == "module"
        names |= {
            one.get_name(): None for one in table.get_symbols() if one.is_referenced() and (outer or one.is_global())
        }
        tables += table.get_children()
    return list(names)


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (inner.id for inner in ast.walk(target) if isinstance(inner, ast.Name))
