"""A notebook's cells in the page: run one, and hand its output to the page as JSON."""

import ast
import asyncio
import contextlib
import json
import linecache
import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import anywidget  # ours, in shims/
from pyodide.code import eval_code_async  # type: ignore[import-not-found]
from redis.exceptions import ResponseError

from jobqueue import lab
from jobqueue.errors import JobQueueError
from jobqueue.lab.check import display, pure, run
from jobqueue.lab.course.missing import names_bound
from jobqueue.lab.experiments import price
from jobqueue.lab.own.file import NAME
from jobqueue.lab.own.folder import own_folder
from jobqueue.lab.pictures.base.widget import Live
from jobqueue.lab.tab import charts, child
from jobqueue.lab.tab.crew import NotInTab
from jobqueue.lab.tab.printed import Printed
from jobqueue.lab.tab.socket import AsyncLink
from jobqueue.lab.tab.web_crew import Start
from jobqueue.lab.tab.work import read_library_packed
from jobqueue.lab.tab.world import install
from jobqueue.printable import escape_html


class Notebook:
    """The names that cells share.

    `post(text)` gives the page a message, as JSON. `hire` starts a checker, and `start` a Web Worker for one of the
    world's workers. Without it workers are tasks.
    """

    def __init__(
        self,
        open_link: Callable[[], AsyncLink],
        post: Callable[[str], object],
        hire: child.Hire,
        start: Start | None = None,
    ):
        self.post = post
        self._cell, self._html = 0, ""  # what the running cell has displayed
        self._running: asyncio.Future[Any] | None = None
        self._lacking: set[str] = set()  # names of cells that can't run here
        self.names: dict[str, Any] = {"__name__": "__main__"}
        read_library_packed()
        install(open_link, start)
        child.install(hire)
        price.keeping = _refuse_keeping  # type: ignore[assignment]
        lab.charts = charts
        showing: list[Any] = [display, pure, run]  # all that have the name
        for module in showing:
            module.show_both = self._display
        os.environ["JOBQUEUE_VOTES"] = "off"  # a tab has no file that lasts
        self._own, self._queue = own_folder() / NAME, ""  # my_queue.py: the page keeps it
        logging.getLogger("jobqueue").propagate = False  # the workers' logs are files
        anywidget.AnyWidget.post = staticmethod(lambda number, **message: self._tell(widget=number, **message))

    async def run(self, cell: int, code: str) -> None:
        """Run a cell. What it prints, and its last value, go to the page."""
        self._cell, self._html = cell, ""
        before, sys.stdout = sys.stdout, Printed(lambda text: self._tell(cell=cell, text=text))
        name = f"cell {cell + 1}"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        try:
            self._running = asyncio.ensure_future(eval_code_async(code, self.names, filename=name))
            value = await self._running
            shown = {} if value is None else _shown(value)
            if shown and shown.get("html", "nothing") not in self._html:
                self._tell(cell=cell, **shown)
        except asyncio.CancelledError:
            self._tell(cell=cell, error="stopped, because you said so")
        except Exception as error:
            if lack := self._lack(error):
                self._lacking |= {name for statement in ast.parse(code).body for name in names_bound(statement)}
                self._tell(cell=cell, lack=f"not in this tab: {lack}")
            else:
                self._tell(cell=cell, error=_in_words(error))
        finally:
            sys.stdout = before
            if self._own.exists() and (text := self._own.read_text(encoding="utf-8")) != self._queue:
                self._queue = text
                self._tell(queue=text)
            self._tell(cell=cell, ended=True)

    def stop(self) -> None:
        """Stop the cell that runs, as Ctrl-C does. It must be waiting for something."""
        if self._running:
            self._running.cancel()

    def bring(self, queue: str) -> None:
        """Take my_queue.py, which the page has kept, perhaps from another lesson."""
        self._queue = queue
        self._own.write_text(queue, encoding="utf-8")

    def hear(self, message: str) -> None:
        """Take a message from a widget of the page."""
        heard = json.loads(message)
        stand_in: Any = anywidget
        stand_in.take(heard.pop("widget"), **heard)

    def _tell(self, **message: Any) -> None:
        self.post(json.dumps(message))

    def _display(self, plain: str, html: str) -> None:
        """Show a verdict. If it's the cell's value, too, it isn't shown twice."""
        self._html += html
        self._tell(cell=self._cell, html=html)

    def _lack(self, error: Exception) -> str:
        """What the tab lacks, if that's the reason for this error; else ""."""
        if isinstance(error, ModuleNotFoundError):
            return f"the package {error.name}"
        if isinstance(error, NotInTab):
            return error.missing
        if isinstance(error, ResponseError) and str(error).startswith("unknown command"):
            return f"a command of Redis ({error})"
        if isinstance(error, NameError) and error.name in self._lacking:
            return f"{error.name}, because the cell that makes it can't run here"
        return ""


async def _refuse_keeping(*_: Any) -> Any:
    """It would take minutes here, and then find that there's no MEMORY USAGE."""
    raise NotInTab("the memory that entries take")


def _shown(value: Any) -> dict[str, Any]:
    """A value as the page can show it."""
    if bundle := getattr(value, "_repr_mimebundle_", None):
        made = bundle()
        data = made[0] if isinstance(made, tuple) else made
        if "widget" in data:
            return {"show": data["widget"], "beside": isinstance(value, Live)}
        if "text/html" in data:
            return {"html": data["text/html"]}
        if "image/svg+xml" in data:
            return {"html": data["image/svg+xml"]}
    if html := getattr(value, "_repr_html_", None):
        with contextlib.suppress(ModuleNotFoundError):  # no IPython here to colour the code
            return {"html": html()}
    return {"html": f"<pre>{escape_html(repr(value))}</pre>"}


def _in_words(error: Exception) -> str:
    """One line for an error that the kit raises on purpose; a traceback for any other."""
    if isinstance(error, JobQueueError):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception(error)[-3:]).strip()
