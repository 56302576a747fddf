"""What the live picture tells the page, and when: only what changed, and only while somebody looks. No widget here."""

import time
from collections import deque
from collections.abc import Callable

from jobqueue.lab.live.frame import NOTHING, orphans
from jobqueue.lab.live.still import as_image, draw
from jobqueue.lab.live.strip import POINTS, WINDOW, point
from jobqueue.lab.live.values import spoken, values

WATCHED_SECONDS = 3.0  # without a sign of life from the page for so long, nothing is sent
SPOKEN_SECONDS = 2.0  # a screen reader is not told ten times a second


class Feed:
    """Remembers the past of the world, and makes the messages for the page out of it.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self.frame = NOTHING
        self.points: deque[list[float]] = deque(maxlen=POINTS)
        self.stopped = False
        self.wide = True  # as the page that asked last shows it
        self._seen = self._spoken = float("-inf")
        self._shown: dict | None = None  # what the page shows; None: it has to be told everything

    @property
    def watched(self) -> bool:
        """Whether a page has asked for the picture within the last 3 seconds."""
        return self.clock() - self._seen < WATCHED_SECONDS

    def push(self, frame: dict, *, stopped: bool = False) -> dict | None:
        """Remember the frame; returns the message for the page, or None when nobody looks."""
        if self.points and frame["t"] < self.points[-1][0]:
            self.points.clear()  # a new world: its time begins again
            self._shown = None
        self.frame, self.stopped = frame, stopped
        self.points.append(point(frame))
        while self.points[-1][0] - self.points[0][0] > WINDOW:
            self.points.popleft()
        if not self.watched:
            self._shown = None
            return None
        return self._message()

    def hear(self, message: dict) -> dict | None:
        """A page looks. Returns everything, for a page that is new or has missed something; otherwise None."""
        missed = not self.watched or self._shown is None
        self._seen, self.wide = self.clock(), message.get("wide", self.wide)
        if message.get("hello") or missed:
            self._shown = None
            return self._message()
        return None

    def still(self) -> str:
        """The picture as it is, as a self-contained SVG in the layout last seen."""
        return draw(self.frame, list(self.points), wide=self.wide, badge=self._badge())

    def image(self) -> str:
        """`still` as an HTML image that says in words what it shows."""
        return as_image(self.still(), spoken(self.frame, list(self.points)))

    def _badge(self) -> str:
        return f"{'stopped at' if self.stopped else 'live,'} {self.frame['t']:.0f} s"

    def _message(self) -> dict:
        now, before = values(self.frame, list(self.points), self._badge()), self._shown
        if before and not self.stopped and self.clock() - self._spoken < SPOKEN_SECONDS:
            now["picture@aria-label"] = before["picture@aria-label"]
        else:
            self._spoken = self.clock()
        if self.stopped:
            now |= {key: "" for key in now if key.endswith("@disabled")}  # nobody is left to be killed
        self._shown = now
        facts = {"orphans": len(orphans(self.frame)), "done": self.frame["done"]}
        message = {"facts": facts, "stopped": self.stopped}
        if before is None:
            return message | {"values": now, "points": list(self.points)}
        changed = {key: value for key, value in now.items() if before[key] != value}
        return message | {"values": changed, "point": self.points[-1]}
