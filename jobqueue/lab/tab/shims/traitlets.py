"""The traits that the kit's widgets use: values that the page has, too."""

from typing import Any


class Unicode:
    def tag(self, **_: Any) -> "Unicode":
        return self

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, widget: Any, owner: type | None = None) -> Any:
        return widget.state.get(self.name, "") if widget else self

    def __set__(self, widget: Any, value: Any) -> None:
        widget.change(self.name, value)


Dict = Unicode
