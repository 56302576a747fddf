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

Tell = Callable[[str, Progress], None]  # the case's title, and how far it is


@contextlib.contextmanager
def showing_progress(title: str, tested: str) -> Iterator[Tell]:
    """Show soon that something happens, and how far it is. It's gone at the end."""
    if not kernel_shell():
        yield _on_terminal(title) if takes_text() and sys.stdout.isatty() else lambda case, progress: None
        return
    bar = _Bar(title, tested)
    soon = asyncio.get_running_loop().call_later(SOON, bar.show)  # most verdicts come earlier: no flicker
    try:
        yield bar.tell
    finally:
        soon.cancel()
        bar.hide()


class _Bar:
    """A progress bar that's only a widget, so the notebook stores nothing but the verdict."""

    def __init__(self, title: str, tested: str):
        self.title, self.tested = title, tested
        self.widget: Any = None
        self.handle: Any = None
        self.tell("starting", Progress())

    def tell(self, case: str, progress: Progress) -> None:
        self.html = (
            f'{svg.STYLE}{STYLE}<div class="jqx jqx-check"><p class="tested"><code>{escape(self.tested)}</code></p>'
            f"<p>{escape(self.title)}: {escape(case)} … {progress.runs:,} schedules</p>"
            f'<div class="bar"><div style="width: {100 * progress.done:.0f}%"></div></div></div>'
        )
        if self.widget:
            self.widget.value = self.html

    def show(self) -> None:
        import ipywidgets
        from IPython.display import display

        self.widget = ipywidgets.HTML(self.html)
        view = {"model_id": self.widget.model_id, "version_major": 2, "version_minor": 0}
        self.handle = display({"application/vnd.jupyter.widget-view+json": view}, raw=True, display_id=True)

    def hide(self) -> None:
        if self.widget:
            self.handle.update({}, raw=True)
            self.widget.close()


def _on_terminal(title: str) -> Tell:
    def tell(case: str, progress: Progress) -> None:
        print(f"\r{title}: {case}, {progress.runs:,} schedules"[:WIDE].ljust(WIDE), end="\r", flush=True)

    return tell
