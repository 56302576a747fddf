"""Lines of the learner's function that never ran: a checker knows nothing of them, and says so.

It goes by statements. It doesn't mention a block that only raises, `pass`, `continue` and `break`, a print or a log
line, and a helper that wasn't called at all, because the line that should call it is mentioned.
"""

import ast
import inspect
import itertools
import linecache
import textwrap
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType

from jobqueue.explorer.engine.lines import Line
from jobqueue.lab.check.verdict import Remark

#: Functions whose call is only for a person to read.
LOG = {"print", "debug", "info", "warning", "error", "exception", "critical", "log"}
SHOWN = 60  # characters of a line that a remark quotes

#: A statement's first and last line.
Span = tuple[int, int]


def lines_of(function: FunctionType) -> frozenset[Line]:
    """All lines of the function, and of those helpers of its own that it may call."""
    return frozenset((own.__code__.co_filename, line) for own in _functions(function) for line in _lines(own.__code__))


def remark(function: FunctionType, unrun: Iterable[Line]) -> Remark | None:
    """The lines among `unrun` that are worth a word, in words."""
    here = {line for file, line in unrun if file == function.__code__.co_filename}
    spans = sorted({span for own in _functions(function) for span in _spans(own, here)})
    if not spans:
        return None
    numbers = [f"{start}" if start == end else f"{start}–{end}" for start, end in spans[:4]]
    several = len(spans) > 1 or spans[0][0] < spans[0][1]
    first = linecache.getline(function.__code__.co_filename, spans[0][0]).strip()
    quoted = f" (`{first if len(first) <= SHOWN else first[:SHOWN] + '…'}`)"
    start = f"{'Lines' if several else 'Line'} {' and '.join(numbers)}"
    it = "them" if several else "it"
    return Remark(
        f"{start} of your function{quoted} never ran while it was checked. So this verdict says nothing about {it}."
    )


def _functions(function: FunctionType) -> list[FunctionType]:
    """The function, and the functions and methods of its own file that it names, directly or not."""
    every, waiting = [function], [function]
    while waiting:
        one = waiting.pop()
        named = [one.__globals__.get(name) for code in _codes(one.__code__) for name in code.co_names]
        named += [cell.cell_contents for cell in one.__closure__ or () if cell != type(cell)()]
        methods = [method for thing in named if inspect.isclass(thing) for method in vars(thing).values()]
        functions = [other for other in named + methods if isinstance(other, FunctionType)]
        own = [other for other in functions if other.__code__.co_filename == function.__code__.co_filename]
        fresh = [other for at, other in enumerate(own) if other not in every + own[:at]]
        every, waiting = every + fresh, waiting + fresh
    return every


def _codes(code: CodeType) -> list[CodeType]:
    return [code, *(inner for const in code.co_consts if inspect.iscode(const) for inner in _codes(const))]


def _lines(code: CodeType) -> set[int]:
    """The lines of its body. Its first is that of `def`, which isn't part of it."""
    return {line for one in _codes(code) for *_, line in one.co_lines() if line and line != code.co_firstlineno}


def _spans(function: FunctionType, unrun: set[int]) -> Iterator[Span]:
    lines = _lines(function.__code__)
    if (tree := _parse(function)) and not lines <= unrun:  # else it wasn't called
        yield from _of_block(tree.body, lines, lines - unrun)


def _parse(function: FunctionType) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    start = function.__code__.co_firstlineno - 1
    block = inspect.getblock(linecache.getlines(function.__code__.co_filename)[start:])
    try:
        tree = ast.increment_lineno(ast.parse(textwrap.dedent("".join(block))), start).body[0]
    except (SyntaxError, IndexError):
        return None
    return tree if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _of_block(block: list[ast.stmt], lines: set[int], ran: set[int]) -> Iterator[Span]:
    """Neighbours that never ran are one span."""
    for never, group in itertools.groupby(block, lambda statement: _never_ran(statement, lines, ran)):
        some = list(group)
        if not never:
            for statement in some:
                for inner in _blocks(statement):
                    helper = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
                    if not (helper and all(_never_ran(one, lines, ran) for one in inner)):
                        yield from _of_block(inner, lines, ran)
        elif not _harmless(some):
            yield some[0].lineno, some[-1].end_lineno or some[-1].lineno


def _never_ran(statement: ast.stmt, lines: set[int], ran: set[int]) -> bool:
    own = lines & set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
    return bool(own) and not own & ran  # a docstring has no code


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        yield part.body


def _harmless(block: list[ast.stmt]) -> bool:
    """Whether it only raises, or does nothing that counts."""
    awaits = any(isinstance(node, ast.Await) for statement in block for node in ast.walk(statement))
    return (isinstance(block[-1], ast.Raise) and not awaits) or all(map(_does_nothing, block))


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If):
        return all(map(_does_nothing, statement.body + statement.orelse))
    if isinstance(statement, ast.Expr) and isinstance(call := statement.value, ast.Call):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        return name in LOG
    return isinstance(statement, ast.Raise | ast.Pass | ast.Continue | ast.Break)
