"""The control room's edges as widgets: live pictures with buttons and dials."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobqueue.keys import TIERS
from jobqueue.lab.pictures.base.markup import styles
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.pictures.base.widget import Live
from jobqueue.lab.room import markup
from jobqueue.lab.room.bar import Bar
from jobqueue.lab.room.desk import MARKS, POLICIES, Desk
from jobqueue.lab.room.loads import ARRIVALS, TASKS

HERE = Path(__file__).parent

#: The live pictures between the edges: their words, by their names in a world.
PICTURES = {"machine": "machine", "strip": "strip", "lanes": "workers"}

#: The choices of each dial that's a list.
CHOICES = {f"marks.{tier}": list(MARKS) for tier in TIERS}
CHOICES |= {"policy": list(POLICIES), "arrivals": list(ARRIVALS), "task": list(TASKS)}


class Edge(Live):
    """Calls `do` with the name of the button or dial that was used, and its value."""

    _esm = styles("base/live.js") + (HERE / "room.js").read_text(encoding="utf-8")
    _css = styles("base/live.css") + (HERE / "room.css").read_text(encoding="utf-8")

    def __init__(self, view: PictureView, html: str, do: Callable[[str, str], object]):
        super().__init__(view, html)
        self.view, self.do = view, do
        self.add_class("jq-edge")

    def show(self) -> None:
        """Show the view again, because something has changed that isn't in a frame."""
        if self.watched:
            self.tell(self.feed.hear({"hello": True}))

    def hear(self, widget: Any, message: dict[str, Any], buffers: Any) -> None:
        if "do" in message:
            self.do(str(message["do"]), str(message.get("value", "")))
        else:
            super().hear(widget, message, buffers)


class BarEdge(Edge):
    """The upper edge."""

    view: Bar

    def __init__(self, do: Callable[[str, str], object]):
        view = Bar()
        super().__init__(view, markup.bar(view.values(), PICTURES), do)
        self.add_class("jq-bar")


class DeskEdge(Edge):
    """The left edge."""

    view: Desk

    def __init__(self, do: Callable[[str, str], object]):
        view = Desk(next(iter(ARRIVALS)), next(iter(TASKS)))
        super().__init__(view, markup.desk(view.values(), CHOICES), do)
        self.add_class("jq-desk")
