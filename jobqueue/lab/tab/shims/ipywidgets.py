"""ipywidgets for the tab's own page, as far as the scheduler's panel uses it: boxes of buttons and of HTML."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import anywidget
import traitlets

_loader: Any = __spec__.loader  # a folder's, or a zip's

_numbers = count(1)

#: The buttons that there are, by number, and the panels that the page shows.
_buttons: "WeakValueDictionary[int, Button]" = WeakValueDictionary()
_shown: list["Panel"] = []


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise ModuleNotFoundError(f"no ipywidgets.{name} here", name="ipywidgets")


class Layout:
    def __init__(self, width: str = "", align_items: str = ""):
        self.width = width  # the page aligns by itself


class Widget:
    """If an attribute of any widget changes, the page draws the panels again, soon."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        for panel in _shown:
            panel.draw_soon()

    def tree(self) -> dict[str, Any]:
        """Return the widget as the page's script takes it."""
        raise NotImplementedError


class HTML(Widget):
    def __init__(self, value: str = "", layout: Layout = Layout()):  # noqa: B008 (nothing changes it)
        self.value, self.layout = value, layout

    def tree(self) -> dict[str, Any]:
        return {"html": self.value, "width": self.layout.width}


class Button(Widget):
    def __init__(self, description: str, layout: Layout):
        self.number, self.description, self.layout = next(_numbers), description, layout
        self.disabled, self.button_style = False, ""
        self._hearers: list[Callable[[Button], object]] = []
        _buttons[self.number] = self

    def on_click(self, hear: Callable[["Button"], object]) -> None:
        self._hearers.append(hear)

    def click(self) -> None:
        for hear in self._hearers:
            hear(self)

    def tree(self) -> dict[str, Any]:
        look = {"width": self.layout.width, "style": self.button_style, "disabled": self.disabled}
        return {"button": self.number, "text": self.description} | look


class VBox(Widget):
    look = "column"

    def __init__(self, children: Sequence[Widget] = (), layout: Layout = Layout()):  # noqa: B008
        self.children = children

    def tree(self) -> dict[str, Any]:
        return {"look": self.look, "children": [child.tree() for child in self.children]}

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return Panel(self)._repr_mimebundle_()


class HBox(VBox):
    look = "row"


class Panel(anywidget.AnyWidget):
    """A box that the page shows."""

    _esm = _loader.get_data(str(Path(__file__).with_name("ipywidgets.js"))).decode()
    tree = traitlets.Dict()

    def __init__(self, box: VBox):
        super().__init__(tree=box.tree())
        self._box, self._is_due = box, False
        self.on_msg(self._hear)
        _shown.append(self)

    def draw_soon(self) -> None:
        """Draw it after the changes that are being made."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._draw)

    def _draw(self) -> None:
        self._is_due, self.tree = False, self._box.tree()

    def _hear(self, panel: Any, message: dict[str, int], buffers: Any) -> None:
        if (button := _buttons.get(message["click"])) and not button.disabled:
            button.click()
