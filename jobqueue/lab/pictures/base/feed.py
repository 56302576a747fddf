"""The messages of a live picture to its page: only changes, and only while someone looks. No widget here."""

import time
from collections.abc import Callable, Mapping

from jobqueue.lab.pictures.base.markup import Still
from jobqueue.lab.pictures.base.view import PictureView
from jobqueue.lab.recording.frame import WorldFrame

WATCHED_SECONDS = 3.0  # after this long without a ping from the page, nothing is sent
SPOKEN_SECONDS = 2.0  # the text alternative changes no more often, because screen readers read out each change

#: JSON for live.js: `values` by key, `points` or one `point`, `facts`, `stopped`, and what the view's `news` has.
Message = dict[str, object]


class Feed:
    """Takes frames in, and makes messages for the page from what `view` shows of them.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, view: PictureView, clock: Callable[[], float] = time.monotonic):
        self.view, self.clock = view, clock
        self.stopped = False
        self.wide = True  # the layout on the page that asked last
        self._pinged = self._spoken = float("-inf")
        self._shown: dict[str, object] | None = None  # what the page shows; None: the next message has everything

    @property
    def watched(self) -> bool:
        """Whether a page has asked for the picture within the last 3 seconds."""
        return self.clock() - self._pinged < WATCHED_SECONDS

    def push(self, frame: WorldFrame, *, stopped: bool = False) -> Message | None:
        """Remember the frame; returns a message for the page, or None when no page shows the picture."""
        if not self.view.take(frame) or not self.watched:
            self._shown = None
        self.stopped = stopped
        return self._message() if self.watched else None

    def hear(self, message: Mapping[str, object]) -> Message | None:
        """Take a ping from a page. Returns everything for a page that's new or has missed something; otherwise None."""
        missed = not self.watched or self._shown is None
        self._pinged, self.wide = self.clock(), bool(message.get("wide", self.wide))
        if message.get("hello") or missed:
            self._shown = None
            return self._message()
        return None

    def still(self) -> Still:
        """The picture as it is, in the layout of the page that asked last."""
        return self.view.still(wide=self.wide, badge=self._badge())

    def _badge(self) -> str:
        return f"{'stopped at' if self.stopped else 'live,'} {self.view.frame.t:.0f} s"

    def _values(self) -> dict[str, object]:
        """All that the page is to show now."""
        now, before = self.view.values(self._badge()) | self.view.pieces(), self._shown
        if before and not self.stopped and self.clock() - self._spoken < SPOKEN_SECONDS:
            now["picture@aria-label"] = before["picture@aria-label"]
        else:
            self._spoken = self.clock()
        if self.stopped:
            now |= {key: "" for key in now if key.endswith("@disabled")}  # no worker is left to kill
        return now

    def _message(self) -> Message | None:
        before, now = self._shown, self._values()
        self._shown = now
        message: Message = {"facts": self.view.facts(), "stopped": self.stopped}
        points = self.view.points
        if before is None:
            return message | {"values": now, "points": list(points)}
        changed = {key: value for key, value in now.items() if before.get(key, now) != value}
        changed |= {key: None for key in before if key not in now}
        news = self.view.news()
        if not changed and not news and len(points[-1]) == 1:
            return None  # nothing but the time has changed
        return message | {"values": changed, "point": points[-1]} | news
