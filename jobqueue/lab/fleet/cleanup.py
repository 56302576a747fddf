"""Cleaning up to the end: every step is taken, whatever the others raise."""

import traceback
from types import TracebackType


class Failures:
    """Collects what cleanup steps raise: `with failures: await step()` for each, then `failures.raise_first()`.

    Interrupts and cancellations are collected too. A cleanup that stopped at one would leave processes behind.
    """

    def __init__(self) -> None:
        self.raised: list[BaseException] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, where: TracebackType | None) -> bool:
        if error:
            self.raised.append(error)
        return True

    def raise_first(self) -> None:
        """Raise the first failure, with a note of each other one. An interrupt comes before any error."""
        if not self.raised:
            return
        first = min(self.raised, key=lambda error: isinstance(error, Exception))
        for error in self.raised:
            if error is not first:
                first.add_note("and then: " + traceback.format_exception_only(error)[-1].strip())
        raise first
