"""Count how much there is to read: lines of code by module, without blank lines, comments and docstrings.

python benchmarks/lines.py
"""

import ast
import io
import tokenize
from pathlib import Path

from rich.console import Console
from rich.table import Table

PACKAGE = Path(__file__).parents[1] / "jobqueue"
#: Not the queue itself: how a server is reached or started, what may ask from outside, text for logs, threads.
AROUND = ("cli", "front", "printable", "sandbox", "server", "threads")

SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def python(source: str) -> int:
    """Lines of Python that hold code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {line for kind, _, begin, end, _ in tokens if kind not in SKIPPED for line in range(begin[0], end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (
            isinstance(first := next(iter(node.body), None), ast.Expr) and isinstance(first.value, ast.Constant)
        ):
            lines -= set(range(first.lineno, first.end_lineno + 1))
    return len(lines)


def other(source: str, comment: str) -> int:
    """Lines of another language that hold code."""
    return sum(1 for line in source.splitlines() if line.strip() and not line.strip().startswith(comment))


def count(path: Path) -> int:
    """Lines of code in a file, or in all below a folder."""
    if path.is_dir():
        return sum(map(count, [*path.rglob("*.py"), *path.rglob("*.lua"), *path.rglob("*.js")]))
    if path.suffix == ".py":
        return python(path.read_text(encoding="utf-8"))
    return other(path.read_text(encoding="utf-8"), "--" if path.suffix == ".lua" else "//")


def modules() -> dict[str, int]:
    """Lines of each module directly in the package, and of each folder next to the explorer and the lab."""
    paths = [*PACKAGE.glob("*.py"), *(PACKAGE / name for name in AROUND)]
    return {path.stem: count(path) for path in sorted(paths) if path.exists() and path.stem != "__init__"}


def queue() -> dict[str, int]:
    """Lines of what the README's promise of size is about: the queue's Python, module by module, and its Lua."""
    return {name: lines for name, lines in modules().items() if name not in AROUND} | {"lua": count(PACKAGE / "lua")}


def lab() -> dict[str, int]:
    """Lines of each part of the lab; "other" is what stands in no part."""
    parts = {path.name: count(path) for path in sorted((PACKAGE / "lab").iterdir()) if any(path.glob("*.py"))}
    return parts | {"other": count(PACKAGE / "lab") - sum(parts.values())}


def main() -> None:
    around = {name: lines for name, lines in modules().items() if name in AROUND}
    for title, counted in (("the queue", queue()), ("around it", around), ("jobqueue.lab", lab())):
        table = Table("module", "lines of code", title=title)
        for name, lines in counted.items():
            table.add_row(name, str(lines))
        table.add_row("together", f"{sum(counted.values()):,}")
        Console().print(table)


if __name__ == "__main__":
    main()
