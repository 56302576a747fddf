"""The control room's edges as widgets: live pictures that also hear what hands do to them."""

from collections.abc import Callable
from pathlib import Path

from jobqueue.keys import TIERS
from jobqueue.lab.live.markup import styles
from jobqueue.lab.live.view import View
from jobqueue.lab.live.widget import Live
from jobqueue.lab.room import markup
from jobqueue.lab.room.bar import Bar
from jobqueue.lab.room.desk import MARKS, POLICIES, Desk
from jobqueue.lab.room.loads import ARRIVALS, TASKS

HERE = Path(__file__).parent

#: The live pictures between the edges: what a world calls them → words.
PICTURES = {"machine": "machine", "strip": "strip", "lanes": "workers"}

#: What the dials that are lists offer.
CHOICES = {f"marks.{tier}": list(MARKS) for tier in TIERS}
CHOICES |= {"policy": list(POLICIES), "arrivals": list(ARRIVALS), "task": list(TASKS)}


class Edge(Live):
    """`do` is called with the name of what a hand was on, and its value."""

    _esm = styles("live.js") + (HERE / "room.js").read_text(encoding="utf-8")
    _css = styles("live.css") + (HERE / "room.css").read_text(encoding="utf-8")

    def __init__(self, view: View, html: str, do: Callable[[str, str], object]):
        super().__init__(view, html)
        self.view, self.do = view, do
        self.add_class("jq-edge")

    def show(self) -> None:
        """The view was told something that is in no frame."""
        if self.watched:
            self._tell(self.feed.hear({"hello": True}))

    def _hear(self, widget, message: dict, buffers) -> None:
        if "do" in message:
            self.do(str(message["do"]), str(message.get("value", "")))
        else:
            super()._hear(widget, message, buffers)


class BarEdge(Edge):
    """The upper edge."""

    def __init__(self, do: Callable[[str, str], object]):
        view = Bar()
        super().__init__(view, markup.bar(view.values(), PICTURES), do)
        self.add_class("jq-bar")


class DeskEdge(Edge):
    """The left edge."""

    def __init__(self, do: Callable[[str, str], object]):
        view = Desk(next(iter(ARRIVALS)), next(iter(TASKS)))
        super().__init__(view, markup.desk(view.values(), CHOICES), do)
        self.add_class("jq-desk")
