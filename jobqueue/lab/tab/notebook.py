"""A notebook's cells in the page: run one, and hand its output to the page as JSON."""

import io
import json
import logging
import sys
import traceback
import zipfile
from collections.abc import Callable
from typing import Any

import anywidget  # ours, in shims/
from pyodide.code import eval_code_async  # type: ignore[import-not-found]

from jobqueue.errors import JobQueueError
from jobqueue.explorer.isolation.session import Session
from jobqueue.lab.course.library import STDLIB
from jobqueue.lab.tab.crew import NotInTab
from jobqueue.lab.tab.socket import AsyncLink
from jobqueue.lab.tab.world import install
from jobqueue.printable import escape_html


class Notebook:
    """The names that cells share. `post(text)` gives the page a message, as JSON."""

    def __init__(self, open_link: Callable[[], AsyncLink], post: Callable[[str], object]):
        self.post = post
        self.names: dict[str, Any] = {"__name__": "__main__"}
        # Pyodide's library is one file. The first lesson reads all that are in it.
        with zipfile.ZipFile(next(path for path in sys.path if path.endswith(".zip"))) as library:
            library.extractall(STDLIB)
        install(open_link)
        Session.__aenter__ = _refuse_checks  # type: ignore[method-assign, assignment]
        logging.getLogger("jobqueue").propagate = False  # the workers' logs are files
        anywidget.AnyWidget.post = staticmethod(lambda number, content: self._tell(widget=number, content=content))

    async def run(self, cell: int, code: str) -> None:
        """Run a cell. What it prints, and its last value, go to the page."""
        before, sys.stdout = sys.stdout, _Printed(lambda text: self._tell(cell=cell, text=text))
        try:
            value = await eval_code_async(code, self.names, filename=f"cell {cell}")
            if value is not None:
                self._tell(cell=cell, **_shown(value))
        except Exception as error:
            self._tell(cell=cell, error=_in_words(error))
        finally:
            sys.stdout = before
            self._tell(cell=cell, ended=True)

    def hear(self, message: str) -> None:
        """Take a message from a widget of the page."""
        heard = json.loads(message)
        stand_in: Any = anywidget
        stand_in.take(heard["widget"], heard["content"])

    def _tell(self, **message: Any) -> None:
        self.post(json.dumps(message))


async def _refuse_checks(session: Session) -> None:
    """The explorer needs a process of its own, and a Redis whose clock stands still. On another page it has them."""
    raise NotInTab('not in this tab: the checkers. They are on the page "Check your own code"')


class _Printed(io.TextIOBase):
    """The standard output of a cell. Each text is on the page at once."""

    def __init__(self, show: Callable[[str], None]):
        self._show = show

    def write(self, text: str) -> int:
        self._show(text)
        return len(text)


def _shown(value: Any) -> dict[str, Any]:
    """A value as the page can show it."""
    if bundle := getattr(value, "_repr_mimebundle_", None):
        made = bundle()
        data = made[0] if isinstance(made, tuple) else made
        if "widget" in data:
            return {"show": data["widget"]}
        if "text/html" in data:
            return {"html": data["text/html"]}
        if "image/svg+xml" in data:
            return {"html": data["image/svg+xml"]}
    if html := getattr(value, "_repr_html_", None):
        return {"html": html()}
    return {"html": f"<pre>{escape_html(repr(value))}</pre>"}


def _in_words(error: Exception) -> str:
    """One line for an error that the kit raises on purpose, or for what a tab lacks; a traceback for any other."""
    if isinstance(error, ModuleNotFoundError):
        return f"not in this tab: this needs the package {error.name}"
    if isinstance(error, JobQueueError):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception(error)[-3:]).strip()
