"""A session of the explorer in this very process, on the Redis of the tab.

There's no child process here. The page kills the whole Web Worker if a program never ends.
"""

import asyncio
import math
from asyncio import events
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import hiredis
from redis._parsers.base import BaseParser

from jobqueue.explorer.engine.determinism import real_monotonic
from jobqueue.explorer.engine.search import Search
from jobqueue.explorer.in_process import explore_here, map_here, replay_here
from jobqueue.explorer.isolation.messages import progress_of
from jobqueue.explorer.isolation.session import OnProgress, Session
from jobqueue.explorer.record import Reply
from jobqueue.explorer.redis_seam.server import SteppedServer
from jobqueue.explorer.redis_seam.wire import Wire, pack
from jobqueue.explorer.scenario import Scenario

T = TypeVar("T")

PROGRESS_EVERY = 0.2  # seconds


class Link(Protocol):
    """One connection to the Redis of the tab."""

    def send(self, data: bytes) -> None: ...

    def receive(self) -> bytes: ...

    def close(self) -> None: ...


class TabWire(Wire):
    """The explorer's connection over a Link. The Redis of the tab has a command for its whole content, SNAPSHOT."""

    def __init__(self, link: Link):
        self.link = link
        self.reader = hiredis.Reader(replyError=BaseParser.parse_error)
        self.read_all = pack([(b"SNAPSHOT",)])

    def send(self, data: bytes) -> None:
        self.link.send(data)

    def receive(self, count: int) -> list[Reply]:
        replies: list[Reply] = []
        while len(replies) < count:
            self.reader.feed(outside_of_loops(self.link.receive))
            while (reply := self.reader.gets()) is not False:
                replies.append(reply)
        return replies

    def close(self) -> None:
        self.link.close()


class TabServer(SteppedServer):
    """The Redis of the tab. Its clock stands still, so nothing in it ages unless the explorer says so."""

    drift = late_after = math.inf

    def __init__(self, connect: Callable[[], Link]):
        self._open_link = connect
        super().__init__("")

    def make_wire(self) -> TabWire:
        return TabWire(self._open_link())


class TabSession(Session):
    """Answers requests right here. `on_news(progress)` is told how far it is, a few times per second."""

    def __init__(self, server: TabServer, on_news: OnProgress):
        super().__init__()
        self.server = server
        self.on_news = on_news

    async def ask(
        self,
        kind: str,
        scenario: Scenario | bytes,
        options: dict[str, Any],
        on_progress: OnProgress = lambda progress: None,
    ) -> Any:
        last = 0.0

        def report(search: Search) -> bool:
            nonlocal last
            if (now := real_monotonic()) - last >= PROGRESS_EVERY:
                last = now
                self.on_news(progress_of(search, now))
            return False

        answers: dict[str, Callable[..., Any]] = {"explore": explore_here, "map": map_here, "replay": replay_here}
        answer = answers[kind]
        progress = {} if kind == "replay" else {"on_progress": report}
        return outside_of_loops(lambda: answer(scenario, self.server, **progress, **options))


def outside_of_loops(call: Callable[[], T]) -> T:
    """Call it as if no event loop were running: the explorer runs its own, and the browser's waits for replies."""
    if not (loop := events._get_running_loop()):
        return call()
    task = asyncio.current_task(loop)
    if task:
        asyncio.tasks._leave_task(loop, task)
    events._set_running_loop(None)
    try:
        return call()
    finally:
        events._set_running_loop(loop)
        if task:
            asyncio.tasks._enter_task(loop, task)
