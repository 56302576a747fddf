"""A live picture as a widget: an anywidget that shows a view of a world while it happens."""

import asyncio
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from jobqueue.lab.pictures.base.feed import Feed, Message
from jobqueue.lab.pictures.base.markup import Still, styles
from jobqueue.lab.pictures.base.names import EntryNames
from jobqueue.lab.pictures.base.side import show_aside
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.recording.frame import WorldFrame


class Live(anywidget.AnyWidget):
    """Display it, `push` a frame to it about ten times per second, `freeze` it when the world stops.

    Args:
        view: decides what the picture shows.
        nodes: its nodes, by default those of the view. Messages fill and move them.
        on_kill: called with a worker's name when someone presses its button, on the kernel's main loop. It isn't called
            for a worker that the last frame shows as dead or gone.
    """

    _esm = styles("base/live.js")
    _css = styles(*PictureView.STYLES)
    _svg = traitlets.Unicode().tag(sync=True)

    def __init__(self, view: PictureView, nodes: str = "", on_kill: Callable[[str], object] | None = None):
        super().__init__(_svg=nodes or view.nodes())
        self.on_kill = on_kill
        self.feed = Feed(view)
        self._loop = _running_loop()
        self.on_msg(self._called)

    def __repr__(self) -> str:
        return f"picture: {self.feed.view.spoken().rstrip('.')}; run the cell to see it move"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Display it: the widget, in the panel at the right as well, and a still for readers without a kernel."""
        bundle, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        show_aside(bundle)
        return bundle | self.still()._repr_mimebundle_() | {"text/plain": repr(self)}, metadata

    @property
    def watched(self) -> bool:
        """Whether a page has shown the picture within the last 3 seconds."""
        return self.feed.watched

    def share(self, names: EntryNames) -> None:
        """Call entries by these names, as the world's other pictures do."""
        self.feed.view.names = names

    def push(self, frame: WorldFrame) -> None:
        """Show a frame. Costs next to nothing while no page shows the picture."""
        self.tell(self.feed.push(frame))

    def freeze(self, frame: WorldFrame | None = None) -> None:
        """Keep the last frame, marked as stopped, because the world has stopped. A page opened later still gets it."""
        self.tell(self.feed.push(frame or self.feed.view.frame, stopped=True))

    def still(self) -> Still:
        """The picture as it is now, in the layout of the page that asked last: a stored notebook can keep it."""
        return self.feed.still()

    def tell(self, message: Message | None) -> None:
        """Send a message to the page, if there is one to send."""
        if message:
            self.send(message)

    def _called(self, *message: Any) -> None:
        """Take a message from the page to the loop on which this picture was made, because the world lives there.

        It comes on the loop that sent the last message, which may be a subshell's, in another thread (ipykernel 7.4,
        JupyterLab 4.6).
        """
        if self._loop:
            self._loop.call_soon_threadsafe(self.hear, *message)
        else:
            self.hear(*message)

    def hear(self, widget: Any, message: dict[str, Any], buffers: Any) -> None:
        """Take a message from the page."""
        if "kill" not in message:
            return self.tell(self.feed.hear(message))
        alive = {worker.name for worker in self.feed.view.frame.workers if not worker.over}
        if self.on_kill and message["kill"] in alive and not self.feed.stopped:
            self.on_kill(message["kill"])


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
