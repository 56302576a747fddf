"""Server-sent events: each page gets its view again as soon as it differs from the one it has."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import msgspec

from jobqueue.lab.workshop.state import Rejected

#: Seconds between two looks of one page, so that 200 votes in one second don't draw the screen 200 times.
PAUSE = 0.2

#: Seconds after which a page that has nothing new gets a sign of life. It takes three missing ones for a lost line.
ALIVE = 10.0

#: Pages that may listen at once, and tabs of one learner.
MOST_PAGES, MOST_TABS = 400, 3


class Audience:
    """The pages that listen now. `here` counts the tabs of each learner."""

    def __init__(self) -> None:
        self.here: Counter[str] = Counter()
        self.closed = False
        self._changed = asyncio.Event()

    def announce(self) -> None:
        """Have each page look whether its view has changed."""
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    def close(self) -> None:
        """End all streams; the pages come back by themselves when the server does."""
        self.closed = True
        self.announce()

    def admit(self, listener: str) -> None:
        """Raise Rejected if there's no room for one more page of this listener."""
        if self.here.total() >= MOST_PAGES or self.here[listener] >= MOST_TABS:
            raise Rejected(503, "too many pages are open: close one", retry_after=5.0)

    async def stream(self, listener: str, view: Callable[[], object]) -> AsyncIterator[bytes]:
        """The events of one page, until the server ends or the page goes."""
        self.here[listener] += 1
        try:
            async for event in self._events(view):
                yield event
        finally:
            self.here[listener] -= 1
            self.here += Counter()  # drops a listener without a page

    async def _events(self, view: Callable[[], object]) -> AsyncIterator[bytes]:
        shown = b""
        while not self.closed:
            changed = self._changed
            if (now := msgspec.json.encode(view())) != shown:
                shown = now
                yield b"data: %s\n\n" % now
            try:
                async with asyncio.timeout(ALIVE):
                    await changed.wait()
            except TimeoutError:
                yield b": alive\n\n"
            else:
                await asyncio.sleep(PAUSE)
