"""A live picture as a widget: an anywidget that shows a view of a world while it happens."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets

from jobqueue.lab.live.feed import Feed
from jobqueue.lab.live.view import View

HERE = Path(__file__).parent


class Live(anywidget.AnyWidget):
    """Display it, `push` a frame to it about ten times a second, `freeze` it when the world stops.

    Args:
        view: what is shown.
        svg: its nodes, once; what moves them is sent as messages.
        on_kill: called with a worker's name when its button is pressed, on the kernel's main loop. It is not called
            for a worker that the last frame shows as dead or gone.
    """

    _esm = HERE / "live.js"
    _css = HERE / "live.css"
    _svg = traitlets.Unicode().tag(sync=True)

    def __init__(self, view: View, svg: str, on_kill: Callable[[str], object] | None = None, **options):
        super().__init__(_svg=svg, **options)
        self.on_kill = on_kill
        self.feed = Feed(view)
        self._loop = _running_loop()
        self.on_msg(self._called)

    def __repr__(self) -> str:  # what stands in its place where no kernel is at work
        return "The live picture: it is here as soon as you run its cell."

    @property
    def watched(self) -> bool:
        """Whether a page has shown the picture within the last 3 seconds."""
        return self.feed.watched

    def push(self, frame: dict) -> None:
        """Show a frame (its fields: `frame.py`). Costs next to nothing while nobody looks."""
        self._tell(self.feed.push(frame))

    def freeze(self, frame: dict | None = None) -> None:
        """The world has stopped: its last frame stays, marked as stopped. A page opened later still gets it."""
        self._tell(self.feed.push(frame or self.feed.view.frame, stopped=True))

    def still(self) -> str:
        """The picture as it is now, as a self-contained SVG in the layout last seen."""
        return self.feed.still()

    def image(self) -> str:
        """`still` as an HTML image with a text alternative: what a stored notebook can keep of the picture."""
        return self.feed.image()

    def _tell(self, message: dict | None) -> None:
        if message:
            self.send(message)

    def _called(self, *said) -> None:
        """What the page says comes on the loop from which it was told something last, and that may be a subshell's, in
        another thread (ipykernel 7.4, JupyterLab 4.6). The world lives on the loop on which this picture was made."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._hear, *said)
        else:
            self._hear(*said)

    def _hear(self, _widget, message: dict, _buffers) -> None:
        if "kill" not in message:
            return self._tell(self.feed.hear(message))
        alive = {w["name"] for w in self.feed.view.frame["workers"] if w["state"] not in ("dead", "gone")}
        if self.on_kill and message["kill"] in alive and not self.feed.stopped:
            self.on_kill(message["kill"])


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
