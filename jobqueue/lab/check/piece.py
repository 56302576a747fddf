"""The learner's function: where it stands, and how it's called in the explorer's child."""

import linecache
import re
import sys
from types import FunctionType
from typing import Any


class Piece:
    """The function, called as itself, in the explorer's child, where its prints go nowhere.

    Its source goes along, so that a line of a notebook's cell can be shown.
    """

    def __init__(self, function: FunctionType):
        self.function = function
        self.file = function.__code__.co_filename
        self.source = linecache.getlines(self.file)

    def __call__(self, *args: object) -> Any:
        self.bring_source()
        return self.function(*args)

    def bring_source(self) -> None:
        """Let tracebacks in this process quote the function's lines."""
        linecache.cache.setdefault(self.file, (len(self.source), None, self.source, self.file))


def where(function: FunctionType) -> str:
    """The first line of `function` and where it stands: "async def reap(redis, stream) · cell 7, line 2"."""
    code = function.__code__
    source = "".join(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :])
    head = re.search(r"(async )?def .*?\)(?=[^()]*:)", source, re.S)  # it may be spread over several lines
    line = " ".join(head[0].split()) if head else function.__name__
    line = line.replace("( ", "(").replace(", )", ")").replace(" )", ")")
    return f"{line} · {place(code.co_filename)}line {code.co_firstlineno}"


def place(file: str) -> str:
    """ "cell 7, ", or a file's name. Only IPython knows cells."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    name = shell and shell.compile.format_code_name(file)
    if name:
        return f"cell {name[1].strip('In[]')}, "
    return "" if file.startswith("<") else f"{file.rpartition('/')[2]}, "
