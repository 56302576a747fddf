"""The news while a check is running: a bar in a notebook, a line in a terminal."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from jobqueue.explorer import Progress
from jobqueue.explorer.report import svg
from jobqueue.lab.check.display import STYLE, WIDE, kernel_shell, takes_text
from jobqueue.printable import escape_html as escape

#: Seconds after which a check that isn't done says how far it is.
SOON = 0.4

#: Seconds between two signs of life, also while one schedule takes long, or is made shorter.
OFTEN = 0.5

Tell = Callable[[str, Progress], None]  # the case's title, and how far it is


@contextlib.contextmanager
def showing_progress(title: str, tested: str) -> Iterator[Tell]:
    """Show soon that something happens, and how far it is. It's gone at the end."""
    if kernel_shell():
        news: _News = _Bar(title, tested)
    else:
        news = _Line(title, tested) if takes_text() and sys.stdout.isatty() else _News(title, tested)
    news.repeat(SOON)  # most verdicts come earlier: no flicker
    try:
        yield news.tell
    finally:
        news.end()


class _News:
    """The latest news, shown again and again with the seconds that have passed. This one shows nothing."""

    def __init__(self, title: str, tested: str):
        self.title, self.tested = title, tested
        self.case, self.progress = "starting", Progress()
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()

    def tell(self, case: str, progress: Progress) -> None:
        self.case, self.progress = case, progress

    def repeat(self, seconds: float) -> None:
        self.timer = self.loop.call_later(seconds, self._show)

    def end(self) -> None:
        self.timer.cancel()

    def show(self) -> None:
        pass

    def _show(self) -> None:
        self.show()
        self.repeat(OFTEN)

    @property
    def words(self) -> str:
        passed = self.loop.time() - self.began
        return f"{self.title}: {self.case} … {self.progress.runs:,} schedules, {passed:.0f} s"


class _Bar(_News):
    """A progress bar that's only a widget, so the notebook stores nothing but the verdict."""

    widget: Any = None
    handle: Any = None

    @property
    def html(self) -> str:
        return (
            f'{svg.STYLE}{STYLE}<div class="jqx jqx-check"><p class="tested"><code>{escape(self.tested)}</code></p>'
            f"<p>{escape(self.words)}</p>"
            f'<div class="bar"><div style="width: {100 * self.progress.done:.0f}%"></div></div></div>'
        )

    def show(self) -> None:
        if self.widget:
            self.widget.value = self.html
            return
        import ipywidgets
        from IPython.display import display

        self.widget = ipywidgets.HTML(self.html)
        view = {"model_id": self.widget.model_id, "version_major": 2, "version_minor": 0}
        self.handle = display({"application/vnd.jupyter.widget-view+json": view}, raw=True, display_id=True)

    def end(self) -> None:
        super().end()
        if self.widget:
            self.handle.update({}, raw=True)
            self.widget.close()


class _Line(_News):
    """A line in a terminal, written over and over."""

    shown = False

    def show(self) -> None:
        self.shown = True
        print(self.words[:WIDE].ljust(WIDE), end="\r", flush=True)

    def end(self) -> None:
        super().end()
        if self.shown:
            print(" " * WIDE, end="\r", flush=True)
