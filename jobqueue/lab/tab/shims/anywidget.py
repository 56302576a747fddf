"""anywidget for the tab's own page, as far as the kit's pictures use it: they say how they look, and send messages."""

from collections.abc import Callable
from itertools import count
from typing import Any

_numbers = count(1)

#: The widgets that the page shows, by their numbers.
shown: dict[int, "AnyWidget"] = {}


class AnyWidget:
    _esm = _css = ""

    #: Takes a message for the page: a widget's number, and its content.
    post: Callable[[int, Any], object] = staticmethod(lambda number, content: None)

    def __init__(self, **state: Any):
        self._state, self._number = state, next(_numbers)
        self._hearers: list[Callable[..., object]] = []

    def on_msg(self, hear: Callable[..., object]) -> None:
        self._hearers.append(hear)

    def send(self, content: Any) -> None:
        AnyWidget.post(self._number, content)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown[self._number] = self
        widget = {"number": self._number, "esm": self._esm, "css": self._css, "state": self._state}
        return {"widget": widget}, {}


def take(number: int, content: Any) -> None:
    """Give a message of the page to its widget."""
    widget = shown[number]
    for hear in widget._hearers:
        hear(widget, content, [])
