"""anywidget for the tab's own page, as far as the kit uses it: widgets have a state, and the page has it, too."""

from collections.abc import Callable
from importlib.resources.abc import Traversable
from itertools import count
from typing import Any

_numbers = count(1)

#: The widgets that the page shows, by their numbers.
shown: dict[int, "AnyWidget"] = {}


class AnyWidget:
    _esm: str | Traversable = ""
    _css: str | Traversable = ""

    #: Takes a message for the page: a widget's number, and either `content=` or `change=`.
    post: Callable[..., object] = staticmethod(lambda number, **message: None)

    def __init__(self, **state: Any):
        self.state, self._number = state, next(_numbers)
        self._hearers: list[Callable[..., object]] = []
        self._observers: list[tuple[str, Callable[..., object]]] = []

    def on_msg(self, hear: Callable[..., object]) -> None:
        self._hearers.append(hear)

    def observe(self, hear: Callable[..., object], name: str) -> None:
        self._observers.append((name, hear))

    def send(self, content: Any) -> None:
        AnyWidget.post(self._number, content=content)

    def change(self, name: str, value: Any) -> None:
        """Note a new value of a trait, and tell the page and all that observe it."""
        if self.state.get(name) == value:
            return
        self.state[name] = value
        AnyWidget.post(self._number, change={name: value})
        for observed, hear in self._observers:
            if observed == name:
                hear({"new": value})

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown[self._number] = self
        widget = {"number": self._number, "esm": _text(self._esm), "css": _text(self._css), "state": self.state}
        return {"widget": widget}, {}


def take(number: int, content: Any = None, change: dict[str, Any] | None = None) -> None:
    """Give a message of the page to its widget."""
    widget = shown[number]
    for name, value in (change or {}).items():
        widget.change(name, value)
    if content is not None:
        for hear in widget._hearers:
            hear(widget, content, [])


def _text(source: str | Traversable) -> str:
    return source if isinstance(source, str) else source.read_text(encoding="utf-8")
