"""The lines of the programs that never ran, because no schedule led there. To watch them costs next to nothing."""

import sys
from collections.abc import Iterable
from types import CodeType, FrameType, TracebackType
from typing import Any, TypeAlias

#: A file, as code objects name it, and a line in it.
Line: TypeAlias = tuple[str, int]

TOOL = 4  # for sys.monitoring: free, unlike the numbers of debuggers, coverage and profilers


class UnrunLines:
    """In `with UnrunLines(lines) as unrun:`, each line that runs leaves `unrun.left`."""

    def __init__(self, lines: Iterable[Line]):
        self.left = set(lines)
        self.files = {file for file, _ in self.left}

    def __enter__(self) -> "UnrunLines":
        if self.left:
            self._watch()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.files:
            self._stop()

    if sys.version_info >= (3, 12):

        def _watch(self) -> None:
            """Each event is switched off after its first time, where it came from. So a loop pays once."""
            monitoring = sys.monitoring
            monitoring.use_tool_id(TOOL, "jobqueue.explorer")
            monitoring.register_callback(TOOL, monitoring.events.PY_START, self._on_start)
            monitoring.register_callback(TOOL, monitoring.events.LINE, self._on_line)
            monitoring.set_events(TOOL, monitoring.events.PY_START)

        def _stop(self) -> None:
            sys.monitoring.set_events(TOOL, 0)
            sys.monitoring.free_tool_id(TOOL)

        def _on_start(self, code: CodeType, offset: int) -> Any:
            if code.co_filename in self.files:  # each program of each schedule has code objects of its own
                sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.LINE)
            return sys.monitoring.DISABLE

        def _on_line(self, code: CodeType, line: int) -> Any:
            self.left.discard((code.co_filename, line))
            return sys.monitoring.DISABLE

    else:

        def _watch(self) -> None:
            sys.settrace(self._on_call)

        def _stop(self) -> None:
            sys.settrace(None)

        def _on_call(self, frame: FrameType, event: str, arg: object) -> Any:
            return self._on_event if frame.f_code.co_filename in self.files else None

        def _on_event(self, frame: FrameType, event: str, arg: object) -> Any:
            if event == "line":
                self.left.discard((frame.f_code.co_filename, frame.f_lineno))
                if not self.left:  # this way of watching slows every call down
                    self._stop()
            return self._on_event
