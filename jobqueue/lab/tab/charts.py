"""Stands in for the lab's charts, which plotly draws. It isn't in the tab, but the cell that imports them goes on."""

from typing import Any

from jobqueue.lab.tab.crew import NotInTab


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    raise NotInTab("charts, because the package plotly isn't here. The notebook draws this one")
