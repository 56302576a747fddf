"""What a live picture tells the page, and when: only what changed, and only while somebody looks. No widget here."""

import time
from collections.abc import Callable

from jobqueue.lab.live.markup import as_image
from jobqueue.lab.live.view import View

WATCHED_SECONDS = 3.0  # without a sign of life from the page for so long, nothing is sent
SPOKEN_SECONDS = 2.0  # a screen reader is not told ten times a second


class Feed:
    """Takes frames in, and makes the messages for the page out of what `view` says of them.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, view: View, clock: Callable[[], float] = time.monotonic):
        self.view, self.clock = view, clock
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
        if not self.view.take(frame) or not self.watched:
            self._shown = None
        self.stopped = stopped
        return self._message() if self.watched else None

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
        return self.view.draw(wide=self.wide, badge=self._badge())

    def image(self) -> str:
        """`still` as an HTML image that says in words what it shows."""
        return as_image(self.still(), self.view.spoken())

    def _badge(self) -> str:
        return f"{'stopped at' if self.stopped else 'live,'} {self.view.frame['t']:.0f} s"

    def _message(self) -> dict:
        now, before, points = self.view.values(self._badge()), self._shown, self.view.points
        if before and not self.stopped and self.clock() - self._spoken < SPOKEN_SECONDS:
            now["picture@aria-label"] = before["picture@aria-label"]
        else:
            self._spoken = self.clock()
        if self.stopped:
            now |= {key: "" for key in now if key.endswith("@disabled")}  # nobody is left to be killed
        self._shown = now
        message = {"facts": self.view.facts(), "stopped": self.stopped}
        if before is None:
            return message | {"values": now, "points": list(points)}
        changed = {key: value for key, value in now.items() if before.get(key, now) != value}
        changed |= {key: None for key in before if key not in now}
        news = self.view.news()
        if not changed and not news and len(points[-1]) == 1:
            return None  # nothing but the time has changed
        return message | {"values": changed, "point": points[-1]} | news
