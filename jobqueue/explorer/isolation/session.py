"""A session with a child: requests about the same code, answered one after the other by one fork."""

import asyncio
import atexit
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any, Self, TypeAlias

from jobqueue.explorer.isolation.handle import ChildProcess, Gone, Lost
from jobqueue.explorer.isolation.messages import END, STOP, Progress
from jobqueue.explorer.isolation.pickles import dumps_with_code
from jobqueue.explorer.scenario import Scenario

#: Seconds of silence after which a child is killed. It reports after each schedule, and deals by itself with a program
#: that computes or blocks without end. This is long because one schedule may take long on a busy machine.
SILENCE = 60.0
START = 120.0  # the same for its first word: a cold disk may be slow

#: What is called with each progress.
OnProgress: TypeAlias = Callable[[Progress], Any]

#: Modules that a child imports before it forks, so that no fork has to. Add yours if your scenarios use it.
PRELOAD: list[str] = []

_idle: list[ChildProcess] = []


class Session:
    """Use it in `async with`. Within, all requests are answered by the same child, and usually by one fork of it.

    A fork costs 10 ms, because it copies each page of memory that it writes to. If a fork ends early, the child makes
    another, and if the child ends, the session takes another child.
    """

    def __init__(self) -> None:
        self._child: ChildProcess | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: Any) -> None:
        child, self._child = self._child, None
        if child:
            with contextlib.suppress(Lost):
                await child.send(END)
                _idle.append(child)

    async def ask(
        self,
        kind: str,
        scenario: Scenario | bytes,
        options: dict[str, Any],
        on_progress: OnProgress = lambda progress: None,
    ) -> Any:
        """The answer to a request of this kind, see `Fork.run`. Raises Lost if there will be none.

        `scenario` may be pickled already: then no code of its programs runs, or is even imported, in this process.
        """
        request = {
            "kind": kind,
            "scenario": scenario if isinstance(scenario, bytes) else dumps_with_code(scenario),
            "options": options,
            "path": sys.path,
            "folder": os.getcwd(),
            "preload": tuple(PRELOAD),
        }
        if not self._child and (child := _take_idle()):
            with contextlib.suppress(Gone):  # killed by hand perhaps, since the last request
                return await self._ask(child, request, on_progress)
        return await self._ask(self._child or ChildProcess(), request, on_progress)

    async def _ask(self, child: ChildProcess, request: dict[str, Any], on_progress: OnProgress) -> Any:
        self._child = None
        try:
            if not child.ready:
                _content(await child.receive(START))  # its first word
                child.ready = True
            await child.send(request)
            answer = await _listen(child, on_progress)
            self._child = child
        finally:
            if not self._child:
                child.kill()
        return _content(answer)


def _take_idle() -> ChildProcess | None:
    while _idle:
        child = _idle.pop()
        if child.process.poll() is None:
            return child
        child.kill()
    return None


async def _listen(child: ChildProcess, on_progress: OnProgress) -> tuple[str, Any]:
    """Receive progress, then the answer. A first interrupt asks the child to stop; a second one gives up on it."""
    stopping = False
    while True:
        try:
            kind, content = await child.receive(SILENCE)
        except asyncio.CancelledError:
            if stopping:
                raise
            stopping = True
            await child.send(STOP)
            continue
        if kind != "progress":
            return kind, content
        on_progress(content)


def _content(answer: tuple[str, Any]) -> Any:
    kind, content = answer
    if kind == "failed":
        raise content
    if kind == "lost":
        raise Lost(*content)
    return content


@atexit.register
def close() -> None:
    """End the warm children. They'd die with this process anyway, but a moment later."""
    while _idle:
        with contextlib.suppress(OSError):
            _idle.pop().kill()
