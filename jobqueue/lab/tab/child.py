"""The explorer's child process in a lesson of the tab: a Web Worker, with a Redis whose clock stands still."""

import asyncio
import pickle
from collections.abc import Callable
from typing import Protocol

from jobqueue.errors import ServerFailed
from jobqueue.explorer.isolation import session
from jobqueue.explorer.isolation.handle import Lost
from jobqueue.explorer.isolation.messages import END, STOP, Message, Progress
from jobqueue.explorer.isolation.pickles import dumps


class WebWorker(Protocol):
    """A Web Worker that runs `Bench.answer`."""

    def send(self, data: bytes) -> None: ...

    def end(self) -> None: ...


#: Starts one. It calls `hear(trouble, answer)` for each message: a text, pickled bytes, or neither while it's at work.
Hire = Callable[[Callable[[str | None, bytes | None], None]], WebWorker]


class TabChild:
    """Stands in for `ChildProcess`, with the same messages."""

    hire: Hire

    def __init__(self) -> None:
        self.ready, self.process = False, self
        self._inbox: asyncio.Queue[Message | Exception] = asyncio.Queue()
        self._worker = type(self).hire(self._hear)

    def poll(self) -> None:
        """Return no exit code: a Web Worker runs until it's killed."""

    async def send(self, message: Message) -> None:
        if message == STOP:  # it hears nothing while it computes, so `kill` will follow
            raise asyncio.CancelledError
        if message != END:
            self._worker.send(dumps(message))

    async def receive(self, patience: float) -> Message:
        try:
            return await asyncio.wait_for(self._inbox.get(), patience)
        except TimeoutError:
            raise Lost("silent", f"it gave no sign of life for {patience:.0f} s, so it was killed") from None

    def kill(self) -> None:
        self._worker.end()

    def _hear(self, trouble: str | None, answer: bytes | None) -> None:
        if trouble:
            self._inbox.put_nowait(("failed", ServerFailed(f"not in this tab: the checkers. They say: {trouble}")))
        else:
            self._inbox.put_nowait(pickle.loads(answer) if answer else ("progress", Progress()))


def install(hire: Hire) -> None:
    """Have each session of the explorer ask a Web Worker."""
    TabChild.hire = staticmethod(hire)
    session.ChildProcess = TabChild  # type: ignore[assignment, attr-defined]
