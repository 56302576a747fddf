"""The learner's function: where it stands, and how it is called in the explorer's child."""

import functools
import linecache
import re
import sys

import redis
import redis.asyncio

from jobqueue.lab.explorer.loop import PROGRAM


class OwnConnection(BaseException):
    """Raised where a function opens a connection of its own. Not an Exception: it must not be caught."""


class Piece:
    """Called like the function itself, in the explorer's child, where nobody sees what it prints.

    Its source goes along, so that a line of a notebook's cell can be shown.
    """

    def __init__(self, function):
        self.function = function
        self.file = function.__code__.co_filename
        self.source = linecache.getlines(self.file)

    def __call__(self, *args):
        linecache.cache.setdefault(self.file, (len(self.source), None, self.source, self.file))
        _refuse_connections()
        return self.function(*args)


@functools.cache
def _refuse_connections() -> None:
    """From now on, no program of the explorer can reach a server through redis-py. (Its own way is another.)"""

    def refusing(connect):
        def guarded(self, *args, **kwargs):
            if PROGRAM.get() is not None:
                raise OwnConnection("a connection of its own")
            return connect(self, *args, **kwargs)

        return guarded

    for base in (redis.connection.AbstractConnection, redis.asyncio.connection.AbstractConnection):
        for name in ("connect", "connect_check_health"):
            if hasattr(base, name):
                setattr(base, name, refusing(getattr(base, name)))


def where(function) -> str:
    """The first line of `function` and where it stands: "async def reap(redis, stream) · cell 7, line 2"."""
    code = function.__code__
    source = "".join(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :])
    head = re.search(r"(async )?def .*?\)(?=[^()]*:)", source, re.S)  # it may be spread over several lines
    line = " ".join(head[0].split()) if head else function.__name__
    line = line.replace("( ", "(").replace(", )", ")").replace(" )", ")")
    return f"{line} · {place(code.co_filename)}line {code.co_firstlineno}"


def place(file: str) -> str:
    """ "cell 7, ", or a file's name; cells are known to IPython only."""
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    found = shell and shell.compile.format_code_name(file)
    if found:
        return f"cell {found[1].strip('In[]')}, "
    return "" if file.startswith("<") else f"{file.rpartition('/')[2]}, "
