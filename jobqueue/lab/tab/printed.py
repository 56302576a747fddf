"""A stream that shows each text at once."""

import io
from collections.abc import Callable


class Printed(io.TextIOBase):
    """Calls `show` with each text that's written to it."""

    def __init__(self, show: Callable[[str], object]):
        self._show = show

    def write(self, text: str) -> int:
        self._show(text)
        return len(text)
