"""A learner's function as text that stands alone: with the imports, constants, helpers and classes that it uses.

A constant has the value that it has now. For anything else the newest statement counts that gave it its name.
"""

import ast
import builtins
import inspect
import linecache
import sys
import textwrap
from dataclasses import dataclass
from itertools import pairwise
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from jobqueue.lab.own.statements import Statement, free, statements


@dataclass(frozen=True)
class Definitions:
    """A function's text.

    Attributes:
        name: the function's.
        text: plain Python, imports first, and the function last; "" if it can't be written down.
        missing: what it uses and the text lacks, a phrase each: "`redis` (RawClient)".
    """

    name: str
    text: str = ""
    missing: tuple[str, ...] = ()


def gather(function: FunctionType) -> Definitions:
    """Return the text of `function`, and of all that it uses."""
    own = inspect.unwrap(function)
    if not isinstance(own, FunctionType) or not _stands_alone(own):
        return Definitions(function.__name__, missing=("what the code around it gave it",))
    gathering = _Gathering(own)
    try:
        gathering.add_source(_source(own), own.__name__)
    except SyntaxError:  # a lambda in the middle of a line, or a function without a source
        return Definitions(own.__name__, missing=("its own source",))
    return Definitions(own.__name__, gathering.text(), tuple(gathering.missing))


class _Gathering:
    """The statements that a function needs. Each comes after those that it needs itself."""

    def __init__(self, function: FunctionType):
        self.values = function.__globals__
        self.imports: dict[str, None] = {}
        self.parts: list[str] = []
        self.missing: list[str] = []
        self._added: set[str] = set()
        self._statements = statements(self.values, function.__code__.co_filename)

    def text(self) -> str:
        parts = ["\n".join(self.imports), *self.parts] if self.imports else self.parts
        gaps = [_gap(*pair, first=at == 0 and bool(self.imports)) for at, pair in enumerate(pairwise(parts))]
        return "".join(word for pair in zip(["", *gaps], parts, strict=True) for word in pair) + "\n"

    def add_source(self, source: str, *names: str) -> None:
        """Add a definition of `names`, after all that it uses. Raises SyntaxError."""
        uses = free(source)
        self._added.update(names)
        for name in uses:
            self._add(name)
        self.parts.append(source)

    def _add(self, name: str) -> None:
        if name in self._added or (name not in self.values and hasattr(builtins, name)):
            return
        self._added.add(name)
        if name not in self.values:
            return self.missing.append(f"`{name}` (not defined)")
        try:
            added = self._add_value(name, self.values[name], self._statements.get(name))
        except SyntaxError:  # its statement awaits, perhaps
            added = False
        if not added:
            self.missing.append(f"`{name}` ({type(self.values[name]).__name__})")

    def _add_value(self, name: str, value: Any, statement: Statement | None) -> bool:
        if isinstance(value, FunctionType) and value.__globals__ is self.values and _stands_alone(value, name):
            self.add_source(_source(value))
        elif (line := _import(name, value, statement, str(self.values.get("__name__")))) is not None:
            self.imports.setdefault(line) if line else self.missing.append(f"`{name}` (of the lab)")
        elif literal := _literal(name, value, statement):
            self.parts.append(literal)
        elif statement:
            self.add_source(statement.text, *statement.names)
        else:
            return False
        return True


def _gap(before: str, after: str, *, first: bool) -> str:
    """Line ends between two parts: two blank lines around a definition, none between short constants."""
    if any(part.startswith(("def ", "async def ", "class ", "@")) for part in (before, after)):
        return "\n\n\n"
    return "\n\n" if first or "\n" in before + after else "\n"


def _stands_alone(function: FunctionType, name: str = "") -> bool:
    """Whether its own `def`, with this name, is all there is to it: it's no closure, and no decorator's."""
    bare = not function.__closure__ and "<locals>" not in function.__qualname__ and not hasattr(function, "__wrapped__")
    return bare and name in ("", function.__name__)


def _source(function: FunctionType) -> str:
    """Its `def`, with decorators. Raises SyntaxError if it has none, as a lambda."""
    code = function.__code__
    block = inspect.getblock(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :])
    source = textwrap.dedent("".join(block)).rstrip()
    if [getattr(node, "name", "") for node in ast.parse(source).body] != [function.__name__]:
        raise SyntaxError("this is no def")
    return source


def _import(name: str, value: Any, statement: Statement | None, home: str) -> str | None:
    """The line that imports `value` as `name`; "" if it's of the lab, and None if it's from `home`, or no import."""
    if statement and isinstance(statement.node, ast.Import | ast.ImportFrom):
        line = _import_alone(name, statement.node)
    elif isinstance(value, ModuleType):
        line = f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else "")
    elif isinstance(value, type | FunctionType | BuiltinFunctionType) and _is_importable(value, home):
        own = value.__name__
        line = f"from {value.__module__} import {own}" + (f" as {name}" if own != name else "")
    else:
        return None
    return "" if line.startswith(("import jobqueue.lab", "from jobqueue.lab", "from jobqueue import lab")) else line


def _import_alone(name: str, node: ast.Import | ast.ImportFrom) -> str:
    """The part of an import that binds `name`, as a line of its own."""
    aliases = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) == name]
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(aliases))
    return ast.unparse(ast.ImportFrom(node.module, aliases, node.level))


def _is_importable(value: Any, home: str) -> bool:
    module = sys.modules.get(value.__module__ or "")
    return value.__module__ not in (home, "__main__") and getattr(module, value.__name__, None) is value


def _literal(name: str, value: Any, statement: Statement | None) -> str:
    """`NAME = …` for a value that can be written so; "" for any other."""
    try:
        if statement and statement.literal is not None and _same(ast.literal_eval(statement.literal), value):
            return statement.text
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        pass
    written = _quoted(value) if type(value) is str and "\n" in value else repr(value)
    try:
        return f"{name} = {written}" if _same(ast.literal_eval(written), value) else ""
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""


def _quoted(text: str) -> str:
    """A text of several lines, as one writes it in a cell."""
    written = f'"""{text}"""'
    return written if "\\" not in text and '"""' not in text and not text.endswith('"') else repr(text)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)
